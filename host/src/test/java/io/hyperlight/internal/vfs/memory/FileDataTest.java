package io.hyperlight.internal.vfs.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.Seeds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The bytes of a file in memory equal those of an array, and only existing pages cost anything. */
@NotInHardwareLane("No VM takes part.")
class FileDataTest {
  private static final int STEPS = 700;
  private static final int SIZE = 600_000;

  static LongStream seeds() {
    return Seeds.all();
  }

  /** A file at one moment, and the same bytes as an array. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Moment(FileData data, byte[] bytes, int size, long used) {}

  /** The offset of the array in the file, so that all levels of the tree come and go. */
  private long start;

  @ParameterizedTest
  @MethodSource("seeds")
  void isAnArrayWithHoles(long seed) {
    Random random = new Random(seed);
    for (long offset : new long[] {0, (1L << 18) - 8192, 1L << 36, Long.MAX_VALUE - SIZE}) {
      start = offset;
      changeAtRandom(random);
    }
  }

  private void changeAtRandom(Random random) {
    Budget budget = new Budget(4 << 20);
    FileData data = new FileData();
    byte[] bytes = new byte[SIZE];
    int size = 0;
    List<Moment> moments = new ArrayList<>();
    for (int step = 0; step < STEPS; step++) {
      int from = random.nextInt(SIZE >> random.nextInt(16));
      int to = from + 1 + random.nextInt(Math.min(SIZE - from, 1 << random.nextInt(19)));
      if (random.nextBoolean()) {
        from = from / PageTree.PAGE * PageTree.PAGE;
      }
      switch (random.nextInt(9)) {
        case 0, 1, 2 -> {
          byte[] some = new byte[to - from];
          random.nextBytes(some);
          int done = data.write(start + from, some, 0, some.length, budget);
          System.arraycopy(some, 0, bytes, from, done);
          size = done == 0 ? size : Math.max(size, from + done);
        }
        case 3 -> {
          data.truncate(start + to, budget, Checkpoint.NONE);
          Arrays.fill(bytes, to, SIZE, (byte) 0);
          size = to;
        }
        case 4, 5 -> {
          data.punch(start + from, start + to, budget, Checkpoint.NONE);
          Arrays.fill(bytes, from, to, (byte) 0);
        }
        case 6 -> {
          long before = data.allocated();
          long used = budget.used();
          if (!data.reserve(start + from, start + to, budget, Checkpoint.NONE)) {
            assertThat(data.allocated()).isEqualTo(before);
            assertThat(budget.used()).isEqualTo(used);
          }
        }
        case 7 -> {
          moments.add(new Moment(data, bytes.clone(), size, budget.used()));
          data = data.copy();
        }
        default -> {
          if (!moments.isEmpty()) {
            Moment moment = moments.get(random.nextInt(moments.size()));
            data = moment.data.copy();
            bytes = moment.bytes.clone();
            size = moment.size;
            budget.setUsed(moment.used);
          }
        }
      }
      assertThat(budget.used()).isEqualTo(data.cost());
      if (step % 20 == 0) {
        assertHas(data, bytes, size);
      }
    }
    for (Moment moment : moments) {
      assertHas(moment.data, moment.bytes, moment.size);
    }
    data.truncate(0, budget, Checkpoint.NONE);
    assertThat(budget.used()).isZero();
    assertThat(data.allocated()).isZero();
  }

  private void assertHas(FileData data, byte[] bytes, int size) {
    assertThat(data.size()).isEqualTo(size == 0 ? 0 : start + size);
    byte[] found = new byte[size];
    assertThat(data.read(start, found, 0, size)).isEqualTo(size);
    assertThat(found).isEqualTo(Arrays.copyOf(bytes, size));
    long end = start + size;
    long at = start;
    while (size > 0 && at < end) {
      long next = data.nextData(at, Checkpoint.NONE);
      long hole = next < 0 ? end : next;
      for (long zero = at; zero < hole; zero++) {
        if (bytes[(int) (zero - start)] != 0) {
          throw new AssertionError("data in a hole at " + zero);
        }
      }
      at = next < 0 ? end : data.nextHole(next, Checkpoint.NONE);
      assertThat(at).isGreaterThan(hole - (next < 0 ? 1 : 0));
    }
  }
}
