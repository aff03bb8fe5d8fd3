package io.hyperlight;

/** A closed snapshot was used. The sandboxes that came from it are not affected. */
public final class SnapshotClosedException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  SnapshotClosedException(String message) {
    super(message, null);
  }
}
