package io.hyperlight;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A call took longer than it may, and was ended.
 *
 * <p>The sandbox is unusable afterwards, because guest code was left in the middle.
 */
public final class GuestTimeoutException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  /** What there was too much of. */
  public enum Kind {
    /** Time that passed: {@link Limits#callTimeout}. */
    CALL_TIMEOUT,
    /** Processor time: {@link Limits#cpuTime}. */
    CPU_TIME
  }

  /** What it was. */
  private final Kind kind;

  /** How much it may be. */
  private final Duration limit;

  /** Where the guest was. */
  private final Whereabouts whereabouts;

  GuestTimeoutException(Kind kind, Duration limit, Whereabouts whereabouts) {
    super(null, null);
    this.kind = kind;
    this.limit = limit;
    this.whereabouts = whereabouts;
  }

  @Override
  public String getMessage() {
    return "the guest took longer than %s%s, %s"
        .formatted(
            limit.toString().substring(2).toLowerCase(Locale.ROOT),
            kind == Kind.CPU_TIME ? " of processor time" : "",
            whereabouts);
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
  public long instructionPointer() {
    return whereabouts.instructionPointer();
  }

  /**
   * {@return the nearest function name at or below {@link #instructionPointer}, with the distance,
   * if the guest has symbols}
   */
  public Optional<String> symbol() {
    return whereabouts.symbol();
  }

  /**
   * {@return the general registers by their names in capitals, {@code RIP} and {@code RFLAGS}
   * included}
   */
  public Map<String, Long> registers() {
    return whereabouts.registers();
  }
}
