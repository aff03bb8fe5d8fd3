/** Tests of whole programs, from their start to their end, and of those that serve. */
@NullMarked
package io.hyperlight.programs;

import org.jspecify.annotations.NullMarked;
