package io.hyperlight.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

@NotInHardwareLane("No VM takes part.")
class SliceTest {
  /** Run by this test only: no name of the kind that Maven and the lane look for. */
  static class Sample {
    @Test
    void first() {}

    @Test
    void second() {}

    @Test
    void third() {}

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7})
    void ofManyIterations(int number) {
      assertThat(number).isPositive();
    }

    @ParameterizedTest
    @ValueSource(ints = 1)
    void ofOneIteration(int number) {
      assertThat(number).isPositive();
    }
  }

  /** More iterations than a slice may list. */
  static class Huge {
    static IntStream numbers() {
      return IntStream.range(0, 1100);
    }

    @ParameterizedTest
    @MethodSource("numbers")
    void ofTooManyIterations(int number) {
      assertThat(number).isNotNegative();
    }
  }

  private final Launcher launcher = LauncherFactory.create();

  private static LauncherDiscoveryRequest select(DiscoverySelector... selectors) {
    return LauncherDiscoveryRequestBuilder.request().selectors(Arrays.asList(selectors)).build();
  }

  private List<TestIdentifier> run(Class<?> tests) {
    return run(select(selectClass(tests)));
  }

  private List<TestIdentifier> run(Slice slice, Class<?> tests) {
    List<DiscoverySelector> selectors = slice.of(launcher.discover(select(selectClass(tests))));
    return run(select(selectors.toArray(DiscoverySelector[]::new)));
  }

  private List<TestIdentifier> run(LauncherDiscoveryRequest request) {
    List<TestIdentifier> run = new ArrayList<>();
    // Includes containers: a method without an iteration in a slice is not a failure.
    List<TestExecutionResult> results = new ArrayList<>();
    launcher.execute(
        request,
        new TestExecutionListener() {
          @Override
          public void executionFinished(TestIdentifier test, TestExecutionResult result) {
            results.add(result);
            if (test.isTest()) {
              run.add(test);
            }
          }
        });
    assertThat(results)
        .extracting(TestExecutionResult::getStatus)
        .containsOnly(TestExecutionResult.Status.SUCCESSFUL);
    return run;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void togetherAreEveryTestOnce(int count) {
    List<TestIdentifier> together = new ArrayList<>();
    for (int number = 1; number <= count; number++) {
      List<TestIdentifier> slice = run(new Slice(number, count), Sample.class);
      assertThat(slice).hasSizeBetween(11 / count - 1, 11 / count + 2);
      together.addAll(slice);
    }
    assertThat(together).hasSize(11).containsExactlyInAnyOrderElementsOf(run(Sample.class));
  }

  @Test
  void areTheSameEveryTime() {
    Slice slice = new Slice(2, 3);
    assertThat(run(slice, Sample.class)).isEqualTo(run(slice, Sample.class));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1/4", "2/4", "3/4", "4/4"})
  void thatMissIterationsAreFound(String slice) {
    assertThat(run(Slice.parse(slice), Huge.class)).anyMatch(Slice::mayMissIterationsAfter);
    assertThat(run(Slice.parse(slice), Sample.class)).noneMatch(Slice::mayMissIterationsAfter);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "1", "0/2", "3/2", "1/2/3", "1/100", "a/b"})
  void thatAreNoneAreRefused(String text) {
    assertThatThrownBy(() -> Slice.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }
}
