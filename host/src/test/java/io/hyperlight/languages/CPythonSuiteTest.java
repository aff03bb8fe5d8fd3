package io.hyperlight.languages;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.FileTree;
import io.hyperlight.error.GuestException;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.Differential;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.value.Limits;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Counts the tests of CPython's own suite that have the same result in a sandbox as natively.
 * Select modules with {@code -Dcpython.modules=test_os,test_signal}, or with {@code listed} those
 * of cpython-modules.txt. Takes minutes and prints the numbers.
 */
@NotInHardwareLane("It compares with a native run, and takes long.")
@EnabledIfSystemProperty(named = "cpython.modules", matches = ".+")
class CPythonSuiteTest {
  private static final Differential PYTHON =
      new Differential("/usr/bin/python3", "python3").withLibraries().with(Path.of("/etc"));

  /** The maximum time for a module, each way. */
  private static final Duration MOST =
      Duration.ofSeconds(Integer.getInteger("cpython.seconds", 300));

  /**
   * Prints the result of each test as soon as it is known. Runs as user nobody, as in a sandbox.
   */
  private static final String RUNNER =
      """
      import os, sys, unittest
      if os.getuid() == 0:
          os.setgroups([])
          os.setresgid(65534, 65534, 65534)
          os.setresuid(65534, 65534, 65534)
      os.chdir('/tmp')
      out = sys.__stdout__
      class Result(unittest.TestResult):
          def say(self, outcome, test):
              out.write('@@%s %s\\n' % (outcome, test.id())); out.flush()
          def addSuccess(self, test): self.say('ok', test)
          def addError(self, test, error): self.say('error', test)
          def addFailure(self, test, error): self.say('failure', test)
          def addSkip(self, test, why): self.say('skipped', test)
          def addExpectedFailure(self, test, error): self.say('expected', test)
          def addUnexpectedSuccess(self, test): self.say('unexpected', test)
      sys.argv = ['test']
      unittest.defaultTestLoader.loadTestsFromName('test.' + '%s').run(Result())
      """;

  private static Map<String, String> outcomes(byte[] output) {
    return new String(output, UTF_8)
        .lines()
        .filter(line -> line.startsWith("@@") && line.indexOf(' ') > 0)
        .collect(
            Collectors.toMap(
                line -> line.substring(line.indexOf(' ') + 1),
                line -> line.substring(2, line.indexOf(' ')),
                (first, second) -> first + "," + second,
                TreeMap::new));
  }

  private static List<String> modules() throws IOException {
    String named = System.getProperty("cpython.modules");
    if (!named.equals("listed")) {
      return List.of(named.split(",", -1));
    }
    try (InputStream list =
        requireNonNull(CPythonSuiteTest.class.getResourceAsStream("cpython-modules.txt"))) {
      return new String(list.readAllBytes(), UTF_8).lines().toList();
    }
  }

  @Test
  void mostTestsHaveTheSameOutcomeAsNatively() throws IOException {
    int same = 0;
    int all = 0;
    for (String module : modules()) {
      String script = RUNNER.replace("%s')", module + "')");
      Map<String, String> expected =
          outcomes(
              Command.runAlone(
                      List.of(
                          "/usr/bin/timeout",
                          Long.toString(MOST.toSeconds()),
                          "/usr/bin/python3",
                          "-I",
                          "-c",
                          script),
                      new byte[0])
                  .output());
      ByteArrayOutputStream output = new ByteArrayOutputStream();
      String ending;
      try {
        ending =
            PYTHON
                .program("-I", "-c", script)
                .mount("/tmp", FileTree.memory(64 << 20))
                .limits(Limits.DEFAULT.withCallTimeout(MOST))
                .memorySize(512 << 20)
                .hostPrint(output)
                .run()
                .failure()
                .map(Throwable::getMessage)
                .orElse("");
      } catch (GuestException e) {
        // A test may wait forever for what another process should have written.
        ending = String.valueOf(e.getMessage());
      }
      Map<String, String> found = outcomes(output.toByteArray());
      long equal =
          expected.entrySet().stream()
              .filter(entry -> entry.getValue().equals(found.get(entry.getKey())))
              .count();
      System.out.printf(
          "%s: %d of %d%s%n",
          module, equal, expected.size(), ending.isEmpty() ? "" : " (" + ending + ")");
      expected.forEach((id, outcome) -> {
        if (!outcome.equals(found.get(id))) {
          System.out.printf("  %s: %s, natively %s%n", id, found.get(id), outcome);
        }
      });
      same += (int) equal;
      all += expected.size();
    }
    System.out.printf("CPython: %d of %d as natively%n", same, all);
    assertThat(same).isPositive();
  }
}
