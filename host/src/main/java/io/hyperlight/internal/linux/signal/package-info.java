/** Signals: what each does, which are pending, and how handlers run. */
@NullMarked
package io.hyperlight.internal.linux.signal;

import org.jspecify.annotations.NullMarked;
