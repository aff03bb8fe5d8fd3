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
 * What operations cost in things that can be counted, which do not drift as times do: system calls,
 * exits of the VM, objects. They may cost less than docs/performance.md says, and not more.
 */
class CostTest {
  /**
   * The JVM only interprets, never collects and has no periodic safepoints: each would make system
   * calls that are not the library's. And the interpreter allocates whatever the code says, of
   * which the compiler leaves out as much as it sees fit.
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
   * How often an operation makes each system call. What it does not make each time is not there.
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
