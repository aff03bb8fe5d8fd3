/**
 * The fuzzing code that all targets share: what a target is, how bytes become structured inputs,
 * and how the build and Jazzer run them. The targets are in the packages that they test.
 */
@NullMarked
package io.hyperlight.fuzz;

import org.jspecify.annotations.NullMarked;
