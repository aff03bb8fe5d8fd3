package io.hyperlight.languages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Sandbox;
import io.hyperlight.error.GuestAbortException;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.Seeds;
import io.hyperlight.testing.SourceFile;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The guest library's heap and its scratch memory. */
class GuestAllocatorTest {
  private static final long MEMORY = 32L << 20;

  private static final String PROGRAM = SourceFile.of(GuestAllocatorTest.class, "allocator.c");

  @SuppressWarnings("NullAway.Init")
  private Sandbox sandbox;

  @BeforeEach
  void build() {
    sandbox = Sandbox.builder(CompiledGuest.of(PROGRAM)).memorySize(MEMORY).build();
  }

  @AfterEach
  void close() {
    sandbox.close();
  }

  private static LongStream seeds() {
    return Seeds.all();
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void blocksKeepWhatIsPutIntoThem(long seed) {
    for (int round = 0; round < 3; round++) {
      assertThat(sandbox.call("churn", String.class, seed + 1000L * round, 20_000))
          .as("seed %d, round %d", seed, round)
          .isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {16, 1000, 100_000, 1 << 20, 5 << 20})
  void memoryEndsWithNullAndCanBeUsedAgain(long size) {
    long count = sandbox.call("take_all", long.class, size);
    assertThat(count * size).isBetween(MEMORY / 4, MEMORY);
    assertThat(sandbox.call("take_all", long.class, size)).isZero();
    sandbox.call("give_back", void.class);
    assertThat(sandbox.call("take_all", long.class, size)).isEqualTo(count);
    sandbox.call("give_back", void.class);
    assertThat(sandbox.call("can_allocate", boolean.class, size)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      longs = {
        MEMORY,
        1L << 32,
        1L << 47,
        (1L << 48) - 1,
        1L << 48,
        1L << 53,
        1L << 55,
        1L << 58,
        1L << 60,
        (1L << 62) - 1,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        -4096,
        -1
      })
  void whatCannotBeIsNull(long size) {
    sandbox.call("set_traps", void.class);
    assertThat(sandbox.call("can_allocate", boolean.class, size)).isFalse();
    assertThat(sandbox.call("can_allocate_zeroed", boolean.class, size, 1L)).isFalse();
    assertThat(sandbox.call("failed_realloc_keeps_block", boolean.class, size)).isTrue();
    assertThat(sandbox.call("scratch", long.class, size)).isZero();
    assertThat(sandbox.call("churn", String.class, 1L, 500)).isEmpty();
    assertThat(sandbox.call("can_allocate", boolean.class, 1L << 20)).isTrue();
  }

  @Test
  void aProductThatOverflowsIsNull() {
    assertThat(sandbox.call("can_allocate_zeroed", boolean.class, 1L << 32, 1L << 32)).isFalse();
    assertThat(sandbox.call("can_allocate_zeroed", boolean.class, Long.MAX_VALUE, 3L)).isFalse();
    assertThat(sandbox.call("can_allocate_zeroed", boolean.class, (1L << 61) + 1, 8L)).isFalse();
    assertThat(sandbox.call("can_allocate_zeroed", boolean.class, 0L, -1L)).isTrue();
  }

  @Test
  void nothingCanBeFreedAndReallocated() {
    assertThat(sandbox.call("realloc_of_nothing_allocates", boolean.class)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"free_twice", "realloc_of_freed", "free_of_inside", "free_of_stack"})
  void misuseAborts(String function) {
    assertThatThrownBy(() -> sandbox.call(function, void.class))
        .isInstanceOf(GuestAbortException.class)
        .hasMessageContaining("free or realloc of memory that is not allocated");
  }

  @Test
  void scratchMemoryIsFreeAgainInTheNextCall() {
    long first = sandbox.call("scratch", long.class, 10L << 20);
    assertThat(first).isNotZero();
    for (int i = 0; i < 10; i++) {
      assertThat(sandbox.call("scratch", long.class, 10L << 20)).isEqualTo(first);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 15, 16, 4095, 4096, 20_000, 1 << 20})
  void scratchMemoryLiesBehindTheArguments(int size) {
    byte[] argument = new byte[size];
    Arrays.fill(argument, (byte) 0x11);
    // At least the zero byte after the argument is between them.
    assertThat(sandbox.call("scratch_behind", long.class, argument, 50_000L)).isBetween(1L, 16L);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 100, 5000, 1 << 20})
  void scratchMemoryEndsWithNull(long size) {
    long count = sandbox.call("scratch_until_null", long.class, size);
    assertThat(count * Math.max(size, 16)).isBetween(MEMORY / 2, MEMORY);
    // The next call has it all again.
    assertThat(sandbox.call("scratch_until_null", long.class, size)).isEqualTo(count);
  }

  @Test
  void aStringThatIsTooLongAborts() {
    assertThatThrownBy(() -> sandbox.call("concat_too_much", String.class, "x".repeat(3 << 20)))
        .isInstanceOf(GuestAbortException.class)
        .hasMessageContaining("out of memory");
  }

  @Test
  void heapAndScratchMemoryShareWhatThereIs() {
    sandbox.call("take_all", long.class, 1L << 20);
    assertThat(sandbox.call("scratch", long.class, 4L << 20)).isZero();
    sandbox.call("give_back", void.class);
    assertThat(sandbox.call("can_allocate", boolean.class, 1L << 20)).isTrue();
  }
}
