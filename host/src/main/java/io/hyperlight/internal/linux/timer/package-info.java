/** Timers that send signals: those of {@code setitimer(2)} and of {@code timer_create(2)}. */
@NullMarked
package io.hyperlight.internal.linux.timer;

import org.jspecify.annotations.NullMarked;
