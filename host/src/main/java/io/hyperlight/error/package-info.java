/**
 * The exceptions of this library. {@link io.hyperlight.error.HyperlightException} is the superclass
 * of all of them. {@link io.hyperlight.error.GuestException} is the superclass of those that a
 * guest causes. Failures that embedders treat alike share one class, and its {@code kind()} tells
 * them apart.
 *
 * <p>The lowest layers of the library use these types as well. So a limit or a kind of fault is
 * defined only once.
 */
@NullMarked
package io.hyperlight.error;

import org.jspecify.annotations.NullMarked;
