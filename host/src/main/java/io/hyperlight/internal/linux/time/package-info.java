/** Clocks, processor time, sleeping and waiting. */
@NullMarked
package io.hyperlight.internal.linux.time;

import org.jspecify.annotations.NullMarked;
