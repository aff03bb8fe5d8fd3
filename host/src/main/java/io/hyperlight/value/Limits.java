package io.hyperlight.value;

import io.hyperlight.internal.os.Durations;
import java.time.Duration;
import java.time.temporal.ChronoUnit;

/**
 * How much a guest may use. All but {@link #heapBytes} and {@link #openFiles} counts for one call
 * of a function, one request to a program that serves, or one run of a program, and begins anew
 * with the next. A guest that uses more is ended: by {@link
 * io.hyperlight.error.GuestTimeoutException} where it is about time, else by {@link
 * io.hyperlight.error.GuestLimitException}.
 *
 * {@snippet file="io/hyperlight/snippets/SandboxSnippets.java" region="limits"}
 *
 * <p>Memory is bounded by {@link io.hyperlight.LoadSettings#memorySize}, and files in memory by
 * their trees. What else the library holds on the Java heap for a guest is bounded by {@link
 * #heapBytes}.
 *
 * @param callTimeout how much time may pass, host functions included; a minute by default, {@link
 *     #FOREVER} for no limit
 * @param cpuTime how much processor time the thread that runs the guest may use, host functions
 *     included unless that is a virtual thread; {@link #FOREVER}, the default, for no limit. It is
 *     looked at every few milliseconds, while a call runs
 * @param hostCalls how often host functions may be called; a million by default
 * @param hostCallBytes how many bytes of strings and byte arrays may go to host functions and come
 *     from them; 1 GiB by default
 * @param valueBytes how many bytes a single string or byte array may have that comes from the
 *     guest, as a result or an argument, or goes to it from a host function; 256 MiB by default.
 *     More than the guest has memory it cannot be
 * @param outputBytes how many bytes may be printed, logged or written as an answer; 64 MiB by
 *     default. Each line of the log counts 64 bytes besides its text, so that empty ones are
 *     bounded, too
 * @param systemCalls how many Linux system calls may be made; {@link Long#MAX_VALUE}, the default,
 *     for no limit
 * @param heapBytes how many bytes of the Java heap the library may hold for the guest at the same
 *     time, roughly: open and mapped files and the ways to them, listings, the texts of {@code
 *     /proc}, pipes; 16 MiB by default. The guest is not ended but gets ENOMEM
 * @param openFiles how many descriptors may be open at the same time, 3 to 256; 256 by default. The
 *     guest is not ended but gets EMFILE
 */
public record Limits(
    Duration callTimeout,
    Duration cpuTime,
    long hostCalls,
    long hostCallBytes,
    long valueBytes,
    long outputBytes,
    long systemCalls,
    long heapBytes,
    int openFiles) {
  /** The most descriptors that a guest can have open. */
  public static final int MAX_OPEN_FILES = 256;

  /** A time that is no limit. So is every other one of more than 146 years. */
  public static final Duration FOREVER = ChronoUnit.FOREVER.getDuration();

  /** What guests may use if nobody says anything else. */
  public static final Limits DEFAULT =
      new Limits(
          Duration.ofMinutes(1),
          FOREVER,
          1_000_000,
          1L << 30,
          256L << 20,
          64L << 20,
          Long.MAX_VALUE,
          16L << 20,
          MAX_OPEN_FILES);

  /** As much as there is of everything: for guests that are trusted. */
  public static final Limits NONE =
      new Limits(
          FOREVER,
          FOREVER,
          Long.MAX_VALUE,
          Long.MAX_VALUE,
          Long.MAX_VALUE,
          Long.MAX_VALUE,
          Long.MAX_VALUE,
          Long.MAX_VALUE,
          MAX_OPEN_FILES);

  /** The standard streams. */
  private static final int MIN_OPEN_FILES = 3;

  /**
   * Checks the limits.
   *
   * @throws IllegalArgumentException if a time is not positive, a number negative, or the number of
   *     open files not 3 to 256
   */
  public Limits {
    Durations.positiveNanos("call timeout", callTimeout);
    Durations.positiveNanos("processor time", cpuTime);
    requireNotNegative("host calls", hostCalls);
    requireNotNegative("host call bytes", hostCallBytes);
    requireNotNegative("value bytes", valueBytes);
    requireNotNegative("output bytes", outputBytes);
    requireNotNegative("system calls", systemCalls);
    requireNotNegative("heap bytes", heapBytes);
    if (openFiles < MIN_OPEN_FILES || openFiles > MAX_OPEN_FILES) {
      throw new IllegalArgumentException(
          "open files %d: must be %d to %d".formatted(openFiles, MIN_OPEN_FILES, MAX_OPEN_FILES));
    }
  }

  private static void requireNotNegative(String what, long limit) {
    if (limit < 0) {
      throw new IllegalArgumentException(what + " " + limit + ": must not be negative");
    }
  }

  /**
   * {@return the {@link #callTimeout} in nanoseconds; at most half of {@link Long#MAX_VALUE}, which
   * is no limit}
   */
  public long callTimeoutNanos() {
    return Durations.positiveNanos("call timeout", callTimeout);
  }

  /**
   * {@return the {@link #cpuTime} in nanoseconds; at most half of {@link Long#MAX_VALUE}, which is
   * no limit}
   */
  public long cpuTimeNanos() {
    return Durations.positiveNanos("processor time", cpuTime);
  }

  /**
   * The same with another {@link #callTimeout}.
   *
   * @param limit how much time may pass
   * @return the limits
   * @throws IllegalArgumentException if it is not positive
   */
  public Limits withCallTimeout(Duration limit) {
    return new Limits(
        limit,
        cpuTime,
        hostCalls,
        hostCallBytes,
        valueBytes,
        outputBytes,
        systemCalls,
        heapBytes,
        openFiles);
  }

  /**
   * The same with another {@link #cpuTime}.
   *
   * @param limit how much processor time may be used
   * @return the limits
   * @throws IllegalArgumentException if it is not positive
   */
  public Limits withCpuTime(Duration limit) {
    return new Limits(
        callTimeout,
        limit,
        hostCalls,
        hostCallBytes,
        valueBytes,
        outputBytes,
        systemCalls,
        heapBytes,
        openFiles);
  }

  /**
   * The same with another {@link #hostCalls}.
   *
   * @param limit how often host functions may be called
   * @return the limits
   * @throws IllegalArgumentException if it is negative
   */
  public Limits withHostCalls(long limit) {
    return new Limits(
        callTimeout,
        cpuTime,
        limit,
        hostCallBytes,
        valueBytes,
        outputBytes,
        systemCalls,
        heapBytes,
        openFiles);
  }

  /**
   * The same with another {@link #hostCallBytes}.
   *
   * @param limit how many bytes may go to host functions and come from them
   * @return the limits
   * @throws IllegalArgumentException if it is negative
   */
  public Limits withHostCallBytes(long limit) {
    return new Limits(
        callTimeout,
        cpuTime,
        hostCalls,
        limit,
        valueBytes,
        outputBytes,
        systemCalls,
        heapBytes,
        openFiles);
  }

  /**
   * The same with another {@link #valueBytes}.
   *
   * @param limit how many bytes one value may have
   * @return the limits
   * @throws IllegalArgumentException if it is negative
   */
  public Limits withValueBytes(long limit) {
    return new Limits(
        callTimeout,
        cpuTime,
        hostCalls,
        hostCallBytes,
        limit,
        outputBytes,
        systemCalls,
        heapBytes,
        openFiles);
  }

  /**
   * The same with another {@link #outputBytes}.
   *
   * @param limit how many bytes may be printed, logged or answered
   * @return the limits
   * @throws IllegalArgumentException if it is negative
   */
  public Limits withOutputBytes(long limit) {
    return new Limits(
        callTimeout,
        cpuTime,
        hostCalls,
        hostCallBytes,
        valueBytes,
        limit,
        systemCalls,
        heapBytes,
        openFiles);
  }

  /**
   * The same with another {@link #systemCalls}.
   *
   * @param limit how many Linux system calls may be made
   * @return the limits
   * @throws IllegalArgumentException if it is negative
   */
  public Limits withSystemCalls(long limit) {
    return new Limits(
        callTimeout,
        cpuTime,
        hostCalls,
        hostCallBytes,
        valueBytes,
        outputBytes,
        limit,
        heapBytes,
        openFiles);
  }

  /**
   * The same with another {@link #heapBytes}.
   *
   * @param limit how many bytes the library may hold for the guest
   * @return the limits
   * @throws IllegalArgumentException if it is negative
   */
  public Limits withHeapBytes(long limit) {
    return new Limits(
        callTimeout,
        cpuTime,
        hostCalls,
        hostCallBytes,
        valueBytes,
        outputBytes,
        systemCalls,
        limit,
        openFiles);
  }

  /**
   * The same with another {@link #openFiles}.
   *
   * @param limit how many descriptors may be open at the same time
   * @return the limits
   * @throws IllegalArgumentException if it is not 3 to 256
   */
  public Limits withOpenFiles(int limit) {
    return new Limits(
        callTimeout,
        cpuTime,
        hostCalls,
        hostCallBytes,
        valueBytes,
        outputBytes,
        systemCalls,
        heapBytes,
        limit);
  }
}
