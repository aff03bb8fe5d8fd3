/** x86-64: what {@link io.hyperlight.internal.machine.arch} is on this kind of processor. */
@NullMarked
package io.hyperlight.internal.machine.x86;

import org.jspecify.annotations.NullMarked;
