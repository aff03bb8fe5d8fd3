package io.hyperlight.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Compiled calls of numbers, with and without a restore, allocate nothing on the Java heap. */
class AllocationTest {
  /**
   * The slice that the JDK makes of the room for errno at each native call. The compiler leaves it
   * out if it inlines all of the call, which depends on what else it has compiled before.
   */
  private static final double SLICE = 40;

  @Test
  void callsAllocateNothingOfTheirOwn() throws Throwable {
    try (Floor floor = Floor.start()) {
      Effort effort = new Effort(1, TimeUnit.MILLISECONDS.toNanos(400), 0, 1);
      List<Row> rows = Allocation.measure(new Run(floor, effort, Progress.none()));
      assertThat(rows.stream().map(Row::name)).containsExactly("alloc", "alloc_fresh");
      assertThat(rows).allSatisfy(row -> assertThat(row.ours()).isLessThanOrEqualTo(SLICE));
    }
  }
}
