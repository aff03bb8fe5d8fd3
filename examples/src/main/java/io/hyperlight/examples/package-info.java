/** Small programs that show how the library is used; {@code ./hyperlight demo} runs the first. */
@NullMarked
package io.hyperlight.examples;

import org.jspecify.annotations.NullMarked;
