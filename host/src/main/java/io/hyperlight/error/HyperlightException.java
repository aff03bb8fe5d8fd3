package io.hyperlight.error;

import org.jspecify.annotations.Nullable;

/**
 * The superclass of all exceptions about guests and sandboxes. It is unchecked, and only this
 * library extends it.
 *
 * <p>{@link GuestException} is sealed, so a {@code switch} over what guests do can be complete.
 * This class is not sealed, so that a later version can add exceptions.
 *
 * <p>Each subclass says when it is thrown and whether the sandbox or pool can still be used.
 */
public abstract class HyperlightException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  HyperlightException(@Nullable String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
