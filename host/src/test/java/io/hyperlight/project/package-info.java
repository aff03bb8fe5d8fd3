/** Tests of the source tree: its layers, its rules and its documents. */
@NullMarked
package io.hyperlight.project;

import org.jspecify.annotations.NullMarked;
