package io.hyperlight.value;

import io.hyperlight.internal.os.Durations;
import java.time.Duration;
import java.time.temporal.ChronoUnit;

/**
 * Limits how much a guest may use. A limit is for one call of a function, one request to a served
 * program, or one run of a program; the next one starts from zero. {@link #heapBytes}, {@link
 * #openFiles} and {@link #threads} instead limit what a guest holds at one time. A guest that uses
 * more is ended with {@link io.hyperlight.error.GuestTimeoutException} if the limit is a time, and
 * with {@link io.hyperlight.error.GuestLimitException} otherwise.
 *
 * {@snippet file="io/hyperlight/snippets/SandboxSnippets.java" region="limits"}
 *
 * <p>{@link io.hyperlight.LoadSettings#memorySize} limits guest memory, and each tree limits its
 * files in memory. {@link #heapBytes} limits everything else that the library holds on the Java
 * heap for a guest.
 *
 * @param callTimeout how much time may pass, host functions included; one minute by default, {@link
 *     #FOREVER} for no limit
 * @param cpuTime how much processor time the thread that runs the guest may use; {@link #FOREVER},
 *     the default, for no limit. Host functions count, too, unless the caller is a virtual thread.
 *     It is checked every few milliseconds while a call runs
 * @param hostCalls how often host functions may be called; one million by default
 * @param hostCallBytes how many bytes of strings and byte arrays may go to and come from host
 *     functions; 1 GiB by default
 * @param valueBytes how large a single string or byte array may be that comes from the guest as a
 *     result or an argument, or goes to the guest from a host function; 256 MiB by default. It can
 *     never be larger than the guest's memory
 * @param outputBytes how many bytes may be printed, logged or written as an answer; 64 MiB by
 *     default. Each line of the log counts 64 bytes besides its text, so that empty lines are
 *     limited, too
 * @param systemCalls how many Linux system calls may be made; {@link Long#MAX_VALUE}, the default,
 *     for no limit
 * @param heapBytes about how many bytes of the Java heap the library may hold for the guest at the
 *     same time. This is for open and mapped files and the paths to them, directory listings, the
 *     texts of {@code /proc}, and pipes; 16 MiB by default. A guest that needs more is not ended
 *     but gets ENOMEM
 * @param openFiles how many descriptors may be open at the same time, 3 to 256; 256 by default. A
 *     guest that opens more is not ended but gets EMFILE
 * @param threads how many threads the guest may have at the same time, 1 to 256; 256 by default. A
 *     guest that makes more is not ended but gets EAGAIN
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
    int openFiles,
    int threads) {
  /** The largest number of descriptors that a guest can have open. */
  public static final int MAX_OPEN_FILES = 256;

  /** The largest number of threads that a guest can have. */
  public static final int MAX_THREADS = 256;

  /** A duration that means no limit. Every other duration of more than 146 years means the same. */
  public static final Duration FOREVER = ChronoUnit.FOREVER.getDuration();

  /** The default limits. */
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
          MAX_OPEN_FILES,
          MAX_THREADS);

  /** No limits, except for {@link #openFiles} and {@link #threads}: for guests that are trusted. */
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
          MAX_OPEN_FILES,
          MAX_THREADS);

  /** The standard streams. */
  private static final int MIN_OPEN_FILES = 3;

  /**
   * Checks the limits.
   *
   * @throws IllegalArgumentException if a time is not positive, if a number is negative, if the
   *     number of open files is not 3 to 256, or if the number of threads is not 1 to 256
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
    if (threads < 1 || threads > MAX_THREADS) {
      throw new IllegalArgumentException(
          "threads %d: must be 1 to %d".formatted(threads, MAX_THREADS));
    }
  }

  private static void requireNotNegative(String what, long limit) {
    if (limit < 0) {
      throw new IllegalArgumentException(what + " " + limit + ": must not be negative");
    }
  }

  /**
   * {@return the {@link #callTimeout} in nanoseconds; at most half of {@link Long#MAX_VALUE}, which
   * means no limit}
   */
  public long callTimeoutNanos() {
    return Durations.positiveNanos("call timeout", callTimeout);
  }

  /**
   * {@return the {@link #cpuTime} in nanoseconds; at most half of {@link Long#MAX_VALUE}, which
   * means no limit}
   */
  public long cpuTimeNanos() {
    return Durations.positiveNanos("processor time", cpuTime);
  }

  /**
   * Returns the same limits with another {@link #callTimeout}.
   *
   * @param limit how much time may pass
   * @return the limits
   * @throws IllegalArgumentException if the limit is not positive
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
        openFiles,
        threads);
  }

  /**
   * Returns the same limits with another {@link #cpuTime}.
   *
   * @param limit how much processor time may be used
   * @return the limits
   * @throws IllegalArgumentException if the limit is not positive
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
        openFiles,
        threads);
  }

  /**
   * Returns the same limits with another {@link #hostCalls}.
   *
   * @param limit how often host functions may be called
   * @return the limits
   * @throws IllegalArgumentException if the limit is negative
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
        openFiles,
        threads);
  }

  /**
   * Returns the same limits with another {@link #hostCallBytes}.
   *
   * @param limit how many bytes may go to host functions and come from them
   * @return the limits
   * @throws IllegalArgumentException if the limit is negative
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
        openFiles,
        threads);
  }

  /**
   * Returns the same limits with another {@link #valueBytes}.
   *
   * @param limit how many bytes one value may have
   * @return the limits
   * @throws IllegalArgumentException if the limit is negative
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
        openFiles,
        threads);
  }

  /**
   * Returns the same limits with another {@link #outputBytes}.
   *
   * @param limit how many bytes may be printed, logged or answered
   * @return the limits
   * @throws IllegalArgumentException if the limit is negative
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
        openFiles,
        threads);
  }

  /**
   * Returns the same limits with another {@link #systemCalls}.
   *
   * @param limit how many Linux system calls may be made
   * @return the limits
   * @throws IllegalArgumentException if the limit is negative
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
        openFiles,
        threads);
  }

  /**
   * Returns the same limits with another {@link #heapBytes}.
   *
   * @param limit how many bytes the library may hold for the guest
   * @return the limits
   * @throws IllegalArgumentException if the limit is negative
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
        openFiles,
        threads);
  }

  /**
   * Returns the same limits with another {@link #openFiles}.
   *
   * @param limit how many descriptors may be open at the same time
   * @return the limits
   * @throws IllegalArgumentException if the limit is not 3 to 256
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
        limit,
        threads);
  }

  /**
   * Returns the same limits with another {@link #threads}.
   *
   * @param limit how many threads the guest may have at the same time
   * @return the limits
   * @throws IllegalArgumentException if the limit is not 1 to 256
   */
  public Limits withThreads(int limit) {
    return new Limits(
        callTimeout,
        cpuTime,
        hostCalls,
        hostCallBytes,
        valueBytes,
        outputBytes,
        systemCalls,
        heapBytes,
        openFiles,
        limit);
  }
}
