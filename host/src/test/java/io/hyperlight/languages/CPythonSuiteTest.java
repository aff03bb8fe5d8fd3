package io.hyperlight.languages;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.languages.PythonSuite.Comparison;
import io.hyperlight.languages.PythonSuite.Difference;
import io.hyperlight.testing.Needs;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.SourceFile;
import io.hyperlight.testing.Tool;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Modules of CPython's own suite have the same results in a sandbox as natively, but for tests that
 * need what no sandbox offers. Select more modules with {@code
 * -Dcpython.modules=test_os,test_signal}, or with {@code listed} those of cpython-modules.txt, to
 * see the differences. That takes minutes.
 */
@NotInHardwareLane("It compares with a native run, and takes long.")
@Needs({Tool.PYTHON, Tool.PYTHON_TESTS})
@Tag("slow")
class CPythonSuiteTest {
  /**
   * Tests of processes and connections, which take minutes natively and can only be refused. Those
   * of asyncio also run for other selectors, and for variants of a task in Python, with the same
   * tests.
   */
  private static final Map<String, String> LEFT_OUT =
      Map.of(
          "test_concurrent_futures",
          "ProcessPool|Fork|Spawn",
          "test_asyncio",
          "test_(ssl|sslproto|sendfile|sock_lowlevel|buffered_proto|server|subprocess|windows)"
              + "|[.](Select|Poll)EventLoopTests|PyTask_|Sub[cC]lass");

  private static final Duration MOST =
      Duration.ofSeconds(Integer.getInteger("cpython.seconds", 600));

  private static Comparison compare(String module) {
    Comparison comparison =
        new PythonSuite("unittest", "", LEFT_OUT.getOrDefault(module, ""), MOST).compare(module);
    System.out.printf(
        "%s: %d of %d%n",
        module, comparison.tests() - comparison.differences().size(), comparison.tests());
    return comparison;
  }

  private static void assertOnlyRefusals(Comparison comparison) {
    assertThat(comparison.differences().stream().filter(difference -> !difference.isRefusal()))
        .isEmpty();
    assertThat(comparison.tests()).isGreaterThan(5);
  }

  @ParameterizedTest
  @ValueSource(strings = {"test_queue", "test_threading_local"})
  void aModuleAboutThreadsHasTheNativeOutcomes(String module) {
    assertOnlyRefusals(compare(module));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "test_threading",
        "test_thread",
        "test_threadsignals",
        "test_concurrent_futures",
        "test_decimal",
        "test_asyncio",
      })
  @EnabledIfSystemProperty(named = "hyperlight.test.complete", matches = "true")
  void aLongerModuleAboutThreadsHasTheNativeOutcomes(String module) {
    assertOnlyRefusals(compare(module));
  }

  private static List<String> modules() {
    String named = System.getProperty("cpython.modules");
    if (!named.equals("listed")) {
      return List.of(named.split(",", -1));
    }
    return SourceFile.of(CPythonSuiteTest.class, "cpython-modules.txt").lines().toList();
  }

  @Test
  @EnabledIfSystemProperty(named = "cpython.modules", matches = ".+")
  void testsOfSelectedModulesHaveTheNativeOutcomes() {
    int all = 0;
    List<Difference> differences = new ArrayList<>();
    for (String module : modules()) {
      Comparison comparison = compare(module);
      all += comparison.tests();
      comparison.differences().forEach(difference -> System.out.println("  " + difference));
      differences.addAll(comparison.differences());
    }
    long refusals = differences.stream().filter(Difference::isRefusal).count();
    System.out.printf(
        "CPython: %d of %d as natively, %d refused, %d others%n",
        all - differences.size(), all, refusals, differences.size() - refusals);
    assertThat(all).isPositive();
  }
}
