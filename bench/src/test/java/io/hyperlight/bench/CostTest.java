package io.hyperlight.bench;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Counts the system calls, exits and objects that operations cost. Unlike times, counts do not
 * drift. An operation may cost less than docs/performance.md says, but not more.
 */
class CostTest {
  /**
   * With these options, the JVM only interprets, never collects garbage and has no periodic
   * safepoints. Each of these would make system calls that are not those of the library. Also, the
   * interpreter makes every allocation of the code, while the JIT compiler may remove some.
   */
  private static final List<String> OPTIONS =
      List.of(
          "-Dhyperlight.dirtyTracking=ring",
          "-Xint",
          "-XX:+UnlockDiagnosticVMOptions",
          "-XX:GuaranteedSafepointInterval=0",
          "-Xms256m",
          "-Xmn200m",
          "-XX:+UseSerialGC");

  @TempDir private Path folder;

  @Test
  void operationsMakeNoMoreSystemCallsAndObjectsThanDocumented() throws Exception {
    Strace.assumeItWorks(folder);
    Map<String, Long> bytes = run();
    List<String> calls = callingThread();
    for (List<String> row : DocumentedTable.rows("operation")) {
      String name = row.get(0);
      Map<String, Integer> most = DocumentedTable.calls(row.get(1));
      assertThat(ofOne(calls, name))
          .as("system calls of one %s", name)
          .allSatisfy((call, times) ->
              assertThat(times).as(call).isLessThanOrEqualTo(most.getOrDefault(call, 0)));
      assertThat(bytes.get(name))
          .as("bytes that one %s allocates", name)
          .isNotNull()
          .isLessThanOrEqualTo(Long.parseLong(row.get(2)));
    }
  }

  private Map<String, Long> run() throws IOException, InterruptedException {
    byte[] said =
        Strace.trace(folder, Java.command(CountedOperations.class, OPTIONS, List.of()), "");
    return new String(said, UTF_8)
        .lines()
        .map(line -> line.split("=", 2))
        .collect(Collectors.toMap(words -> words[0], words -> Long.parseLong(words[1])));
  }

  private List<String> callingThread() throws IOException {
    return Strace.threads(folder).stream()
        .filter(lines -> lines.stream().anyMatch(l -> l.contains(CountedOperations.MARKER)))
        .findFirst()
        .orElseThrow();
  }

  /**
   * Returns how often an operation makes each system call. Calls that it does not make every time
   * are left out.
   */
  private static Map<String, Integer> ofOne(List<String> calls, String name) {
    List<String> between =
        calls.subList(lineOf(calls, name + "\"") + 1, lineOf(calls, name + "-end\""));
    Map<String, Integer> each = new TreeMap<>();
    Strace.count(Strace.completed(between))
        .forEach((call, times) -> {
          if (times >= CountedOperations.TIMES) {
            each.put(call, times / CountedOperations.TIMES);
          }
        });
    return each;
  }

  private static int lineOf(List<String> calls, String marker) {
    for (int i = 0; i < calls.size(); i++) {
      if (calls.get(i).contains(CountedOperations.MARKER + marker)) {
        return i;
      }
    }
    throw new AssertionError("no marker " + marker);
  }
}
