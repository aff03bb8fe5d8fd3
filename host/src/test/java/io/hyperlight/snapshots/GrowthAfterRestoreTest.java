package io.hyperlight.snapshots;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.SourceFile;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Heap and window grow in another order after each restore. So the same addresses get other
 * physical pages and other page tables. Meanwhile the dirty ring overflows during host calls.
 */
@Tag("dirty-tracking")
class GrowthAfterRestoreTest {
  private static final int ROUNDS = Integer.getInteger("hyperlight.test.growths", 20);

  private static final String PROGRAM = SourceFile.of(GrowthAfterRestoreTest.class, "growth.c");

  @Test
  void addressesLeadToFreshPagesInWhateverOrderTheyAreMapped() {
    Random random = new Random(7);
    AtomicInteger ticks = new AtomicInteger();
    try (Sandbox original =
            Sandbox.builder(CompiledGuest.of(PROGRAM))
                .hostFunction(
                    "tick",
                    (Long number) -> {
                      ticks.incrementAndGet();
                      return number + 1;
                    })
                .memorySize(96 << 20)
                .build();
        Snapshot small = original.snapshot();
        Snapshot large = afterKeeping(original, 24 << 20);
        Sandbox first = small.spawn();
        Sandbox second = large.spawn()) {
      for (int round = 0; round < ROUNDS; round++) {
        for (Sandbox sandbox : new Sandbox[] {first, second}) {
          Snapshot home = sandbox == first ? small : large;
          long limit = random.nextInt(4) == 0 ? 60 << 20 : 4 << 20;
          assertThat(sandbox.<Long>call("exercise", long.class, random.nextLong() >>> 2, limit))
              .as("round %d", round)
              .isZero();
          if (random.nextInt(3) == 0) {
            assertThatThrownBy(() -> sandbox.call("fault", void.class))
                .isInstanceOf(GuestFaultException.class);
          }
          sandbox.restore(home);
        }
      }
      assertThat(ticks.get()).isPositive();
    }
  }

  private static Snapshot afterKeeping(Sandbox sandbox, long size) {
    sandbox.call("keep", void.class, size);
    return sandbox.snapshot();
  }
}
