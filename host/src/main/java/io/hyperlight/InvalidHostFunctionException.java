package io.hyperlight;

/**
 * The host functions given to a sandbox do not answer what its guest imports: one is missing, or
 * its types are others.
 *
 * <p>No sandbox was created.
 */
public final class InvalidHostFunctionException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  InvalidHostFunctionException(String message) {
    super(message, null);
  }
}
