/** Implements what Linux does on x86-64 only: the frames of signal handlers. */
@NullMarked
package io.hyperlight.internal.linux.x86;

import org.jspecify.annotations.NullMarked;
