/** Futexes: by which the threads of a program wait for each other. */
@NullMarked
package io.hyperlight.internal.linux.futex;

import org.jspecify.annotations.NullMarked;
