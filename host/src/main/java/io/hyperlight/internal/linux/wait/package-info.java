/** How tasks wait: for a change of something, for a time, or for a signal. */
@NullMarked
package io.hyperlight.internal.linux.wait;

import org.jspecify.annotations.NullMarked;
