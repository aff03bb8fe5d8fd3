package io.hyperlight.error;

import org.jspecify.annotations.Nullable;

/**
 * Everything that can go wrong with guests and sandboxes. Unchecked. Only this library extends it.
 *
 * <p>{@link GuestException} is sealed: a {@code switch} over what guests do is complete. This class
 * is not, so that a later version can have an exception for a new thing.
 *
 * <p>Each subclass says when it is thrown and whether the sandbox or pool can still be used.
 */
public abstract class HyperlightException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  HyperlightException(@Nullable String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
