package io.hyperlight.error;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A call took longer than its limit and was ended.
 *
 * <p>The sandbox is unusable afterwards, because guest code was left in the middle.
 */
public final class GuestTimeoutException extends GuestException {
  private static final long serialVersionUID = 1L;

  /** The time limit that was passed. */
  public enum Kind {
    /** Elapsed time: {@link io.hyperlight.value.Limits#callTimeout}. */
    CALL_TIMEOUT,
    /** Processor time: {@link io.hyperlight.value.Limits#cpuTime}. */
    CPU_TIME
  }

  /** The time limit that was passed. */
  private final Kind kind;

  /** How long the call may take. */
  private final Duration limit;

  /** Where the guest was. */
  private final GuestLocation location;

  /**
   * Creates the exception. For use by the library.
   *
   * @param kind the time limit that was passed
   * @param limit how long the call may take
   * @param location where the guest was
   */
  public GuestTimeoutException(Kind kind, Duration limit, GuestLocation location) {
    this(kind, limit, location, List.of());
  }

  /**
   * Creates the exception. For use by the library.
   *
   * @param kind the time limit that was passed
   * @param limit how long the call may take
   * @param location where the guest was
   * @param threads its threads, if it has several
   */
  public GuestTimeoutException(
      Kind kind, Duration limit, GuestLocation location, List<GuestThread> threads) {
    super(null, null, threads);
    this.kind = kind;
    this.limit = limit;
    this.location = location;
  }

  @Override
  public @Nullable String getMessage() {
    return withThreads(
        "the guest took longer than %s%s, %s"
            .formatted(
                limit.toString().substring(2).toLowerCase(Locale.ROOT),
                kind == Kind.CPU_TIME ? " of processor time" : "",
                location));
  }

  /** {@return the time limit that was passed} */
  public Kind kind() {
    return kind;
  }

  /** {@return how long the call may take} */
  public Duration limit() {
    return limit;
  }

  /**
   * {@return where the guest was: the address of its next instruction. If it was in a system call
   * or a host function, this is the instruction after the system call}
   */
  public GuestLocation location() {
    return location;
  }
}
