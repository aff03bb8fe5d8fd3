package io.hyperlight.calls;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.testing.CProgram;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.SourceFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Compares code that only computes, in a guest and in a native process. Both have the same C code,
 * compiled with the same options and linked statically, and they take turns. Prints the medians of
 * the processor times and their ratio. Other programs on the machine disturb processor time less
 * than elapsed time.
 *
 * <p>Run it by hand, in this module's folder, with the number of rounds as its argument; see
 * docs/performance.md.
 */
final class ComputeBenchmark {
  private static final String CODE = SourceFile.of(ComputeBenchmark.class, "compute.c");

  private static final String EXPORT =
      """

      HL_EXPORT(uint64_t, work, int, int)
      uint64_t work(int which, int size) { return compute(which, size); }
      """;

  /** Answers until its input ends. */
  private static final String MAIN =
      """

      #include <stdio.h>
      #include <time.h>

      static long long processor_time(void)
      {
          struct timespec time;
          clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
          return time.tv_sec * 1000000000LL + time.tv_nsec;
      }

      int main(void)
      {
          int which;
          int size;
          while (scanf("%d %d", &which, &size) == 2) {
              long long start = processor_time();
              unsigned long long result = compute(which, size);
              printf("%llu %lld\\n", result, processor_time() - start);
              fflush(stdout);
          }
          return 0;
      }
      """;

  private static final List<String> OPTIONS =
      List.of("-O3", "-mavx2", "-fno-pie", "-llua5.4", "-lm", "-Wl,--no-warnings");

  private record Workload(String name, int number, int size) {}

  private static final List<Workload> WORKLOADS =
      List.of(
          new Workload("Lua fib(27)", 0, 27),
          new Workload("Lua fib(30)", 0, 30),
          new Workload("SHA-256 of 64 MiB", 1, 64),
          new Workload("matrix product, 1024 x 1024, AVX", 2, 1024));

  private ComputeBenchmark() {}

  /**
   * Measures.
   *
   * @param arguments how many rounds, if not 15
   */
  public static void main(String[] arguments) throws IOException {
    int rounds = arguments.length == 0 ? 15 : Integer.parseInt(arguments[0]);
    Guest guest =
        CompiledGuest.withLibc(
            "#include <hyperlight.h>\n" + CODE + EXPORT, OPTIONS.toArray(String[]::new));
    Path program =
        CProgram.compile(
            CODE + MAIN, Stream.concat(OPTIONS.stream(), Stream.of("-static")).toList());
    Process process = new ProcessBuilder(program.toString()).start();
    try (Sandbox sandbox =
            Sandbox.builder(guest).memorySize(128L << 20).stackSize(1L << 20).build();
        OutputStream questions = process.getOutputStream();
        BufferedReader answers = process.inputReader(US_ASCII)) {
      for (Workload workload : WORKLOADS) {
        compare(
            workload,
            rounds,
            () -> inGuest(sandbox, workload),
            () -> natively(questions, answers, workload));
      }
    }
  }

  /** The result, and the nanoseconds it took. */
  private record Run(long result, long time) {}

  private static Run inGuest(Sandbox sandbox, Workload workload) {
    long start = processorTime();
    long result = sandbox.<Long>call("work", long.class, workload.number(), workload.size());
    return new Run(result, processorTime() - start);
  }

  /** Of this thread, in nanoseconds: the first number of {@code /proc/PID/schedstat}. */
  private static long processorTime() {
    try {
      String statistics = Files.readString(Path.of("/proc/thread-self/schedstat"));
      return Long.parseLong(statistics.substring(0, statistics.indexOf(' ')));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Run natively(OutputStream questions, BufferedReader answers, Workload workload) {
    try {
      questions.write((workload.number() + " " + workload.size() + "\n").getBytes(US_ASCII));
      questions.flush();
      String[] answer = answers.readLine().split(" ", 2);
      return new Run(Long.parseLong(answer[0]), Long.parseLong(answer[1]));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void compare(
      Workload workload, int rounds, Supplier<Run> inGuest, Supplier<Run> natively) {
    // Also the warm-up, after which memory is there.
    if (inGuest.get().result() != natively.get().result()) {
      throw new IllegalStateException(workload.name() + " has two results");
    }
    long[] guestTimes = new long[rounds];
    long[] nativeTimes = new long[rounds];
    for (int i = 0; i < rounds; i++) {
      guestTimes[i] = inGuest.get().time();
      nativeTimes[i] = natively.get().time();
    }
    double guest = median(guestTimes);
    double outside = median(nativeTimes);
    System.out.printf(
        Locale.ROOT,
        "%-34s guest %8.2f ms, native %8.2f ms, ratio %.3f; of the least times %.3f%n",
        workload.name(),
        guest / 1e6,
        outside / 1e6,
        guest / outside,
        (double) least(guestTimes) / least(nativeTimes));
  }

  private static long least(long[] times) {
    return Arrays.stream(times).min().orElseThrow();
  }

  private static long median(long[] times) {
    long[] sorted = times.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
