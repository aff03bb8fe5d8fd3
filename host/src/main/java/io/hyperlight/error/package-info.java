/**
 * Everything that can go wrong, as exceptions. {@link io.hyperlight.error.HyperlightException} is
 * what all have in common, {@link io.hyperlight.error.GuestException} what all have in common that
 * are the guest's doing. Kinds that embedders treat alike are one class, with a {@code kind()}.
 *
 * <p>The lowest layers use these types, too: what a limit or a fault is, is defined once.
 */
@NullMarked
package io.hyperlight.error;

import org.jspecify.annotations.NullMarked;
