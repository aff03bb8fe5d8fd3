/** Tools that tests share: compiled guests, C programs, and other processes to compare with. */
@NullMarked
package io.hyperlight.testing;

import org.jspecify.annotations.NullMarked;
