package io.hyperlight;

/**
 * The guest used more in one call than its {@link Limits} allow.
 *
 * <p>The sandbox is unusable afterwards, because guest code was left in the middle.
 */
public final class GuestLimitException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  /** What there can be too much of. */
  public enum Kind {
    /** {@link Limits#hostCalls}. */
    HOST_CALLS,
    /** {@link Limits#hostCallBytes}. */
    HOST_CALL_BYTES,
    /** {@link Limits#valueBytes}. */
    VALUE_BYTES,
    /** {@link Limits#outputBytes}. */
    OUTPUT_BYTES,
    /** {@link Limits#systemCalls}. */
    SYSTEM_CALLS
  }

  /** What it was. */
  private final Kind kind;

  /** How much it may be. */
  private final long limit;

  GuestLimitException(Kind kind, long limit, String what) {
    super("the guest passed a limit: more than %d %s".formatted(limit, what), null);
    this.kind = kind;
    this.limit = limit;
  }

  /** {@return what there was too much of} */
  public Kind kind() {
    return kind;
  }

  /** {@return how much the guest may use in one call} */
  public long limit() {
    return limit;
  }
}
