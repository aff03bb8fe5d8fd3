package io.hyperlight.error;

/** A closed object was used. */
public final class ClosedException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  /** What is closed. */
  public enum Kind {
    /** A sandbox, or a served program. */
    SANDBOX,
    /** A snapshot. The sandboxes that came from it are not affected. */
    SNAPSHOT
  }

  /** What is closed. */
  private final Kind kind;

  /**
   * Creates the exception. For use by the library.
   *
   * @param kind what is closed
   * @param message the same in words
   */
  public ClosedException(Kind kind, String message) {
    super(message, null);
    this.kind = kind;
  }

  /** {@return what is closed} */
  public Kind kind() {
    return kind;
  }
}
