/** The x86-64 implementation of {@link io.hyperlight.internal.machine.arch}. */
@NullMarked
package io.hyperlight.internal.machine.x86;

import org.jspecify.annotations.NullMarked;
