package io.hyperlight.bench;

import java.io.IOException;
import java.nio.file.Path;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.jspecify.annotations.Nullable;

/** Shows the progress of the run as a bar on standard error, if that is a terminal. */
final class Progress implements AutoCloseable {
  private static final int WIDTH = 100;

  private final @Nullable ProgressBar bar;
  private String running = "";

  private Progress(@Nullable ProgressBar bar) {
    this.bar = bar;
  }

  /** Makes a progress that shows nothing. */
  static Progress none() {
    return new Progress(null);
  }

  static Progress onTerminal(int benchmarks) {
    return isTerminal() ? onStandardError(benchmarks) : none();
  }

  /** Makes a progress that shows a bar on standard error, even if that is not a terminal. */
  static Progress onStandardError(int benchmarks) {
    return new Progress(
        new ProgressBarBuilder()
            .setTaskName("bench")
            .setInitialMax(benchmarks)
            .setUpdateIntervalMillis(200)
            .setConsumer(new ConsoleProgressBarConsumer(System.err, WIDTH))
            .build());
  }

  private static boolean isTerminal() {
    try {
      Path target = Path.of("/proc/self/fd/2").toRealPath();
      return target.startsWith("/dev/pts") || target.toString().startsWith("/dev/tty");
    } catch (IOException e) {
      return false; // A pipe or a socket has no path.
    }
  }

  void begin(Benchmark benchmark) {
    running = benchmark.name();
    say(running);
  }

  void turn(int turn, int turns) {
    say("%s %d/%d".formatted(running, turn, turns));
  }

  void end() {
    if (bar != null) {
      bar.step();
    }
  }

  private void say(String message) {
    if (bar != null) {
      bar.setExtraMessage(message);
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
