package io.hyperlight.cli;

import io.hyperlight.value.Limits;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that limit how much a guest may use. The library's limits are the defaults. */
final class LimitOptions {
  private static final Pattern TIME = Pattern.compile("(\\d{1,9}(?:\\.\\d{1,9})?)([smhd]?)");

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      description = {
        "End the guest after so many seconds (or 10m, 2h);",
        "by default 10m for run, 1m for a call."
      })
  private @Nullable String timeout;

  @Option(
      names = "--cpu-time",
      paramLabel = "TIME",
      description = "Likewise of processor time; no limit by default.")
  private @Nullable String processorTime;

  @Option(
      names = "--max-output",
      paramLabel = "MIB",
      description = "How much it may print and log; 64 MiB by default.")
  private @Nullable Long outputMib;

  @Option(
      names = "--max-system-calls",
      paramLabel = "NUMBER",
      description = "How many Linux system calls it may make; no limit by default.")
  private @Nullable Long systemCalls;

  @Option(
      names = "--max-heap",
      paramLabel = "MIB",
      description = {
        "How much of the Java heap may be held for it: open files, listings, pipes;",
        "16 MiB by default. Beyond that it gets ENOMEM."
      })
  private @Nullable Long heapMib;

  @Option(
      names = "--no-limits",
      description = "No limits but those of the options given: for guests that you trust.")
  private boolean unlimited;

  /**
   * Returns the limits that the options set.
   *
   * @param initial the limits for which there is no option on the command line
   */
  Limits limits(Limits initial) {
    Limits limits = unlimited ? Limits.NONE : initial;
    if (timeout != null) {
      limits = limits.withCallTimeout(time("--timeout", timeout));
    }
    if (processorTime != null) {
      limits = limits.withCpuTime(time("--cpu-time", processorTime));
    }
    if (outputMib != null) {
      limits = limits.withOutputBytes(notNegative("--max-output", outputMib) << 20);
    }
    if (systemCalls != null) {
      limits = limits.withSystemCalls(notNegative("--max-system-calls", systemCalls));
    }
    if (heapMib != null) {
      limits = limits.withHeapBytes(notNegative("--max-heap", heapMib) << 20);
    }
    return limits;
  }

  private static long notNegative(String option, long number) {
    if (number < 0 || number > Long.MAX_VALUE >> 20) {
      throw new UserException(
          "%s %d: must be 0 to %d".formatted(option, number, Long.MAX_VALUE >> 20));
    }
    return number;
  }

  private static Duration time(String option, String text) {
    Matcher matcher = TIME.matcher(text);
    if (!matcher.matches()) {
      throw new UserException(
          "%s %s: must be a number of seconds, or end in s, m, h or d".formatted(option, text));
    }
    double seconds = Double.parseDouble(matcher.group(1)) * factor(matcher.group(2));
    if (seconds <= 0) {
      throw new UserException(
          "%s %s: must be positive; --no-limits lets it run for ever".formatted(option, text));
    }
    return Duration.ofNanos((long) Math.min(seconds * 1e9, Long.MAX_VALUE));
  }

  private static int factor(String unit) {
    return switch (unit) {
      case "m" -> 60;
      case "h" -> 60 * 60;
      case "d" -> 24 * 60 * 60;
      default -> 1;
    };
  }
}
