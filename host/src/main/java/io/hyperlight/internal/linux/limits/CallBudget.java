package io.hyperlight.internal.linux.limits;

import io.hyperlight.error.GuestLimitException;
import io.hyperlight.value.Limits;

/**
 * Counts what a guest uses in one call. For one thread at a time.
 *
 * <p><b>Boundary.</b> Sizes are not negative, and are compared with what is left, so no sum
 * overflows.
 */
public final class CallBudget {
  /** What a line of the log costs in bytes besides its text: about what a logger puts before it. */
  public static final int LOG_LINE = 64;

  private final Limits limits;
  private long hostCalls;
  private long hostCallBytes;
  private long outputBytes;
  private long systemCalls;

  public CallBudget(Limits limits) {
    this.limits = limits;
    begin();
  }

  /** Starts counting at 0 for a new call. */
  public void begin() {
    hostCalls = limits.hostCalls();
    hostCallBytes = limits.hostCallBytes();
    outputBytes = limits.outputBytes();
    systemCalls = limits.systemCalls();
  }

  public Limits limits() {
    return limits;
  }

  /**
   * Counts a call of a host function.
   *
   * @throws LimitPassedException if this is one more than allowed
   */
  public void useHostCall() {
    if (--hostCalls < 0) {
      throw new LimitPassedException(GuestLimitException.Kind.HOST_CALLS, limits.hostCalls());
    }
  }

  /**
   * Counts a string or byte array that goes to a host function or comes from one.
   *
   * @throws LimitPassedException if it is too large, or the sum of all is
   */
  public void useHostCallBytes(long bytes) {
    requireValue(bytes);
    if (bytes > hostCallBytes) {
      throw new LimitPassedException(
          GuestLimitException.Kind.HOST_CALL_BYTES, limits.hostCallBytes());
    }
    hostCallBytes -= bytes;
  }

  /**
   * Checks the size of a string or byte array before it is copied.
   *
   * @throws LimitPassedException if it is too large
   */
  public void requireValue(long bytes) {
    if (bytes > limits.valueBytes()) {
      throw new LimitPassedException(GuestLimitException.Kind.VALUE_BYTES, limits.valueBytes());
    }
  }

  /**
   * Counts a line of the log. Even an empty line costs the embedder something.
   *
   * @param bytes the size of its text, as the guest has it
   * @throws LimitPassedException as {@link #useOutput}
   */
  public void useLogLine(long bytes) {
    useOutput(LOG_LINE + bytes);
  }

  /**
   * Counts bytes that are printed or logged.
   *
   * @throws LimitPassedException if they pass the limit; do not print them then
   */
  public void useOutput(long bytes) {
    if (bytes > outputBytes) {
      throw new LimitPassedException(GuestLimitException.Kind.OUTPUT_BYTES, limits.outputBytes());
    }
    outputBytes -= bytes;
  }

  /**
   * Counts a system call.
   *
   * @throws LimitPassedException if this is one more than allowed
   */
  public void useSystemCall() {
    if (--systemCalls < 0) {
      throw new LimitPassedException(GuestLimitException.Kind.SYSTEM_CALLS, limits.systemCalls());
    }
  }
}
