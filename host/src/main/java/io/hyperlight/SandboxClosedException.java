package io.hyperlight;

/** The sandbox was closed before. */
public final class SandboxClosedException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  SandboxClosedException(String message) {
    super(message, null);
  }
}
