/** Random numbers. */
@NullMarked
package io.hyperlight.internal.linux.random;

import org.jspecify.annotations.NullMarked;
