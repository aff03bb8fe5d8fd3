package io.hyperlight.error;

/**
 * The guest used more in one call than its {@link io.hyperlight.value.Limits} allow, or touched
 * more memory than it has.
 *
 * <p>The sandbox is unusable afterwards, because guest code was left in the middle.
 */
public final class GuestLimitException extends GuestException {
  private static final long serialVersionUID = 1L;

  /** The limit that was passed. */
  public enum Kind {
    /** {@link io.hyperlight.value.Limits#hostCalls}. */
    HOST_CALLS("host calls"),
    /** {@link io.hyperlight.value.Limits#hostCallBytes}. */
    HOST_CALL_BYTES("bytes to and from host functions"),
    /** {@link io.hyperlight.value.Limits#valueBytes}. */
    VALUE_BYTES("bytes in one value"),
    /** {@link io.hyperlight.value.Limits#outputBytes}. */
    OUTPUT_BYTES("bytes of output"),
    /** {@link io.hyperlight.value.Limits#systemCalls}. */
    SYSTEM_CALLS("system calls"),
    /** The memory of the sandbox: the guest touched more of what it has mapped. */
    MEMORY("bytes of memory");

    private final String text;

    Kind(String text) {
      this.text = text;
    }

    /** {@return the kind in words, as in "more than 5 ..."} */
    public String text() {
      return text;
    }
  }

  /** The limit that was passed. */
  private final Kind kind;

  /** How much the guest may use. */
  private final long limit;

  /**
   * Creates the exception. For use by the library.
   *
   * @param kind the limit that was passed
   * @param limit how much the guest may use
   */
  public GuestLimitException(Kind kind, long limit) {
    super("the guest passed a limit: more than %d %s".formatted(limit, kind.text()), null);
    this.kind = kind;
    this.limit = limit;
  }

  /** {@return the limit that was passed} */
  public Kind kind() {
    return kind;
  }

  /** {@return how much the guest may use in one call} */
  public long limit() {
    return limit;
  }
}
