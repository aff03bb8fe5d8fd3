package io.hyperlight.calls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.hyperlight.testing.ChildJvm;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.CompiledGuest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A call of numbers costs one system call, KVM_RUN, and a restore after it none. */
class SystemCallCountIT {
  private static final String GUEST =
      """
      #include <hyperlight.h>
      static volatile char pages[8][4096];
      HL_EXPORT(int, add, int, int)
      int add(int a, int b)
      {
          for (int i = 0; i < 8; i++) {
              pages[i][0]++;
          }
          return a + b;
      }
      """;

  private static final Pattern KVM_RUN =
      Pattern.compile("ioctl\\(\\d+, KVM_RUN, (?:0|NULL)\\)\\s*= (0|-1 EINTR .*)");

  @Test
  void aThousandMoreCallsAreAThousandMoreKvmRunsAlsoWithRestoresInBetween(@TempDir Path folder)
      throws IOException {
    assumeTracingWorks(folder);
    List<String> trace = traceOfTheCallingThread(folder);
    assertRuns(between(trace, 1, 2), 1_000);
    assertRuns(between(trace, 2, 3), 2_000);
    assertRuns(between(trace, 4, 5), 1_000);
  }

  /** On a busy machine the JVM stops its threads now and then, which is no call's doing. */
  private static void assertRuns(List<String> calls, int count) {
    Map<String, Integer> kinds = byKind(calls);
    int runs = kinds.getOrDefault("KVM_RUN", 0);
    int others = kinds.values().stream().mapToInt(Integer::intValue).sum() - runs;
    assertThat(runs).isEqualTo(count);
    assertThat(others).as("%s", kinds).isLessThan(count / 50);
  }

  private static void assumeTracingWorks(Path folder) {
    String reason = "needs strace (apt-get install strace) and the permission to trace: ";
    try {
      Command.Result result =
          Command.run("strace", "-f", "-o", folder.resolve("probe").toString(), "true");
      assumeTrue(result.status() == 0, () -> reason + result.errors());
    } catch (UncheckedIOException e) {
      assumeTrue(false, () -> reason + e.getMessage());
    }
  }

  /**
   * Returns all system calls of the thread that makes the markers. Each thread has a file of its
   * own, so that lines are not mixed up. The JVM only interprets, never collects garbage and has no
   * periodic safepoints. Each of these would stop the thread now and then, with system calls that
   * are not the library's.
   */
  private static List<String> traceOfTheCallingThread(Path folder) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of("strace", "-ff", "-e", "signal=none", "-o", folder.resolve("t").toString()));
    command.addAll(
        ChildJvm.commandLine(
            CountedCalls.class,
            List.of(
                "--enable-native-access=ALL-UNNAMED",
                "-Dhyperlight.dirtyTracking=ring",
                "-Xint",
                "-XX:+UnlockDiagnosticVMOptions",
                "-XX:GuaranteedSafepointInterval=0",
                "-Xms256m",
                "-Xmn200m",
                "-XX:+UseSerialGC")));
    command.add(CompiledGuest.fileOf(GUEST).toString());
    Command.run(command).outputOfSuccess();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        List<String> lines = Files.readAllLines(file);
        if (lines.stream().anyMatch(line -> line.contains(CountedCalls.MARKER))) {
          return lines;
        }
      }
    }
    throw new AssertionError("no thread made the markers");
  }

  private static List<String> between(List<String> trace, int from, int to) {
    return trace.subList(lineOf(trace, from) + 1, lineOf(trace, to));
  }

  private static int lineOf(List<String> trace, int marker) {
    for (int i = 0; i < trace.size(); i++) {
      if (trace.get(i).contains(CountedCalls.MARKER + marker)) {
        return i;
      }
    }
    throw new AssertionError("no marker " + marker);
  }

  /**
   * How often each system call was made. A KVM_RUN that a signal ended is one that did not happen:
   * it is made again.
   */
  private static Map<String, Integer> byKind(List<String> calls) {
    Map<String, Integer> counts = new TreeMap<>();
    for (String call : calls) {
      Matcher run = KVM_RUN.matcher(call);
      if (!run.matches()) {
        counts.merge(call, 1, Integer::sum);
      } else if (run.group(1).equals("0")) {
        counts.merge("KVM_RUN", 1, Integer::sum);
      }
    }
    return counts;
  }
}
