package io.hyperlight.testing;

import static org.junit.platform.engine.discovery.ClassNameFilter.includeClassNamePatterns;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClasspathRoots;
import static org.junit.platform.launcher.EngineFilter.includeEngines;
import static org.junit.platform.launcher.TagFilter.excludeTags;
import static org.junit.platform.launcher.TagFilter.includeTags;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/**
 * Runs the tests on JUnit's platform, in the hardware lane. There Maven would take minutes to
 * start, and JUnit's own console launcher takes as long as some tests do.
 *
 * <p>Several machines share the tests: each runs a {@link Slice} of them.
 */
final class HardwareLane {
  /** Longer than most tests take. */
  private static final Duration LONG = Duration.ofSeconds(20);

  private final PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);

  private HardwareLane() {}

  /**
   * Exits with status 0 if tests were found and all of them passed.
   *
   * @param arguments {@code quick}, {@code all} or the names of classes with commas in between; the
   *     slice of them, such as {@code 1/2}; and the folder with the classes of the tests
   */
  public static void main(String[] arguments) {
    boolean passed =
        new HardwareLane().run(arguments[0], Slice.parse(arguments[1]), Path.of(arguments[2]));
    System.exit(passed ? 0 : 1);
  }

  private boolean run(String part, Slice slice, Path classes) {
    LauncherDiscoveryRequestBuilder tests =
        filtered(part).selectors(selectClasspathRoots(Set.of(classes)));
    Launcher launcher = LauncherFactory.create();
    if (!slice.isEverything()) {
      // With the filters again, or ArchUnit's engine would start after all.
      tests = filtered(part).selectors(slice.of(launcher.discover(tests.build())));
    }
    SummaryGeneratingListener summary = new SummaryGeneratingListener();
    Progress progress = new Progress();
    launcher.execute(tests.build(), summary, progress);
    if (summary.getSummary().getTestsFoundCount() == 0) {
      out.println("No test found.");
    }
    print(summary.getSummary());
    return summary.getSummary().getTestsFoundCount() > 0
        && summary.getSummary().getTotalFailureCount() == 0
        && !progress.hasTooManyIterations;
  }

  private static LauncherDiscoveryRequestBuilder filtered(String part) {
    LauncherDiscoveryRequestBuilder tests =
        LauncherDiscoveryRequestBuilder.request()
            .filters(
                // ArchUnit's rules are about the sources, and its engine is slow to start.
                includeEngines("junit-jupiter"),
                includeClassNamePatterns(".*(Test|IT)"),
                excludeTags(NotInHardwareLane.TAG));
    return switch (part) {
      case "quick" -> tests.filters(includeTags(HardwareLaneQuick.TAG));
      case "all" -> tests;
      default -> tests.filters(includeClassNamePatterns(".*\\b(?:" + anyOf(part) + ")"));
    };
  }

  private static String anyOf(String names) {
    return Arrays.stream(names.split(",")).map(Pattern::quote).collect(Collectors.joining("|"));
  }

  private void print(TestExecutionSummary summary) {
    summary.printFailuresTo(out);
    out.printf(
        "Hardware lane: %d tests run, %d passed, %d failed, %d aborted, %d skipped%n",
        summary.getTestsStartedCount(),
        summary.getTestsSucceededCount(),
        summary.getTotalFailureCount(),
        summary.getTestsAbortedCount(),
        summary.getTestsSkippedCount());
  }

  /**
   * Prints a line for every class, with its time, so that a hanging or slow one is visible. Also
   * prints a line for every test that takes long, since a machine that prints nothing for too long
   * is ended.
   */
  private final class Progress implements TestExecutionListener {
    volatile boolean hasTooManyIterations;
    private final ConcurrentHashMap<TestIdentifier, Long> starts = new ConcurrentHashMap<>();

    @Override
    public void dynamicTestRegistered(TestIdentifier test) {
      if (Slice.mayMissIterationsAfter(test)) {
        hasTooManyIterations = true;
        out.println("  FAILED: " + test.getUniqueId() + ": more iterations than a slice counts");
      }
    }

    @Override
    public void executionStarted(TestIdentifier test) {
      starts.put(test, System.nanoTime());
      if (test.getSource().orElse(null) instanceof ClassSource) {
        out.println("Running " + test.getLegacyReportingName());
      }
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
      long start = Objects.requireNonNull(starts.remove(test));
      Duration time = Duration.ofNanos(System.nanoTime() - start);
      if (test.getSource().orElse(null) instanceof ClassSource) {
        out.printf("  %.1f s%n", time.toMillis() / 1000.0);
      } else if (test.isTest() && time.compareTo(LONG) > 0) {
        out.printf("  %.1f s of it: %s%n", time.toMillis() / 1000.0, test.getDisplayName());
      }
      if (test.isTest() && result.getStatus() == TestExecutionResult.Status.FAILED) {
        out.println("  FAILED: " + test.getDisplayName());
      }
    }
  }
}
