/**
 * Guest programs and calls into them: ELF loading, the function table, the call frame, marshalling
 * in both directions. Speaks to the API above it in {@link io.hyperlight.guest.Outcome}s, which the
 * API turns into its exceptions. Depends on {@code io.hyperlight.vm} and {@code
 * io.hyperlight.linux}.
 */
@NullMarked
package io.hyperlight.guest;

import org.jspecify.annotations.NullMarked;
