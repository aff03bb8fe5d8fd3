/**
 * Guest programs and calls into them: ELF loading, the function table, the call frame, marshalling
 * in both directions. Speaks to the API above it in {@link io.hyperlight.internal.guest.Outcome}s,
 * which the API turns into its exceptions. Depends on {@code io.hyperlight.internal.machine} and
 * {@code io.hyperlight.internal.linux}.
 */
@NullMarked
package io.hyperlight.internal.guest;

import org.jspecify.annotations.NullMarked;
