/** Shows how to use the library in small programs. {@code ./hyperlight demo} runs the first. */
@NullMarked
package io.hyperlight.examples;

import org.jspecify.annotations.NullMarked;
