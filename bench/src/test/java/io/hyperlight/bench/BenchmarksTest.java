package io.hyperlight.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs each benchmark in a tiny size, on real VMs. */
class BenchmarksTest {
  private static final Effort TINY = new Effort(2, TimeUnit.MILLISECONDS.toNanos(1), 1, 64);

  private static Floor floor;

  @BeforeAll
  static void start() {
    floor = Floor.start();
  }

  @AfterAll
  static void stop() {
    floor.close();
  }

  private static Run run() {
    return new Run(floor, TINY, Progress.none());
  }

  static Stream<String> timed() {
    return Benchmarks.all().stream().map(Benchmark::name).filter(name -> !name.equals("alloc"));
  }

  @ParameterizedTest
  @MethodSource("timed")
  void givesRowsOfPositiveNumbersThatBeginWithItsName(String name) throws Throwable {
    assumeTrue(!name.startsWith("node") || ServedRuntime.NODE.isInstalled());
    assertSound(name, Benchmarks.named(List.of(name)).getFirst().measure(run()));
  }

  private static void assertSound(String name, List<Row> rows) {
    assertThat(rows)
        .isNotEmpty()
        .allSatisfy(row -> {
          assertThat(row.name()).startsWith(name);
          assertThat(row.ours()).isPositive().isFinite();
          assertThat(row.floor()).isPositive().isFinite();
          assertThat(row.ratio()).isPositive().isFinite();
          assertThat(row.p99()).isPositive().isFinite();
          assertThat(row.samples()).isPositive();
        });
    assertThat(rows.stream().map(Row::name)).doesNotHaveDuplicates();
  }
}
