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
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/**
 * Runs the tests on JUnit's platform, in the hardware lane. There Maven would take minutes to
 * start, and JUnit's own console launcher takes as long as some tests do.
 */
final class HardwareLane {
  private final PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);

  private HardwareLane() {}

  /**
   * Exits with status 0 if tests were found and all of them passed.
   *
   * @param arguments {@code quick}, {@code all} or the name of one class, and the folder with the
   *     classes of the tests
   */
  public static void main(String[] arguments) {
    boolean passed = new HardwareLane().run(arguments[0], Path.of(arguments[1]));
    System.exit(passed ? 0 : 1);
  }

  private boolean run(String part, Path classes) {
    var request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(selectClasspathRoots(Set.of(classes)))
            .filters(
                // ArchUnit's rules are about the sources, and its engine is slow to start.
                includeEngines("junit-jupiter"),
                includeClassNamePatterns(".*(Test|IT)"),
                excludeTags(NotInHardwareLane.TAG));
    switch (part) {
      case "quick" -> request.filters(includeTags(HardwareLaneQuick.TAG));
      case "all" -> {}
      default -> request.filters(includeClassNamePatterns(".*\\b" + Pattern.quote(part)));
    }
    SummaryGeneratingListener summary = new SummaryGeneratingListener();
    LauncherFactory.create().execute(request.build(), summary, new Progress());
    print(summary.getSummary());
    return summary.getSummary().getTestsFoundCount() > 0
        && summary.getSummary().getTotalFailureCount() == 0;
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

  /** A line for every class, with its time, so that a hanging or slow one shows. */
  private final class Progress implements TestExecutionListener {
    private final ConcurrentHashMap<TestIdentifier, Long> starts = new ConcurrentHashMap<>();

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
      if (test.getSource().orElse(null) instanceof ClassSource) {
        long milliseconds = Duration.ofNanos(System.nanoTime() - start).toMillis();
        out.printf("  %.1f s%n", milliseconds / 1000.0);
      }
      if (test.isTest() && result.getStatus() == TestExecutionResult.Status.FAILED) {
        out.println("  FAILED: " + test.getDisplayName());
      }
    }
  }
}
