package io.hyperlight.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Compiled calls of numbers, with and without a restore, allocate nothing on the Java heap. */
class AllocationTest {
  @Test
  void callsAllocateNothingOfTheirOwn() throws Throwable {
    try (Floor floor = Floor.start()) {
      Effort effort = new Effort(1, TimeUnit.MILLISECONDS.toNanos(400), 0, 1);
      List<Row> rows = Allocation.measure(new Run(floor, effort, Progress.none()));
      assertThat(rows.stream().map(Row::name)).containsExactly("alloc", "alloc_fresh");
      assertThat(rows).allSatisfy(row -> assertThat(row.ours()).isZero());
    }
  }
}
