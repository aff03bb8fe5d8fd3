package io.hyperlight.error;

import java.time.Duration;
import java.util.Locale;

/**
 * A call took longer than it may, and was ended.
 *
 * <p>The sandbox is unusable afterwards, because guest code was left in the middle.
 */
public final class GuestTimeoutException extends GuestException {
  private static final long serialVersionUID = 1L;

  /** What there was too much of. */
  public enum Kind {
    /** Time that passed: {@link io.hyperlight.value.Limits#callTimeout}. */
    CALL_TIMEOUT,
    /** Processor time: {@link io.hyperlight.value.Limits#cpuTime}. */
    CPU_TIME
  }

  /** What it was. */
  private final Kind kind;

  /** How much it may be. */
  private final Duration limit;

  /** Where the guest was. */
  private final GuestLocation location;

  /**
   * Made by the library.
   *
   * @param kind what there was too much of
   * @param limit how much the call may take
   * @param location where the guest was
   */
  public GuestTimeoutException(Kind kind, Duration limit, GuestLocation location) {
    super(null, null);
    this.kind = kind;
    this.limit = limit;
    this.location = location;
  }

  @Override
  public String getMessage() {
    return "the guest took longer than %s%s, %s"
        .formatted(
            limit.toString().substring(2).toLowerCase(Locale.ROOT),
            kind == Kind.CPU_TIME ? " of processor time" : "",
            location);
  }

  /** {@return what there was too much of} */
  public Kind kind() {
    return kind;
  }

  /** {@return how much the call may take} */
  public Duration limit() {
    return limit;
  }

  /**
   * {@return where the guest was: its next instruction, which follows a system call if it was in
   * one, as it is during a host function}
   */
  public GuestLocation location() {
    return location;
  }
}
