package io.hyperlight.internal.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.hyperlight.testing.NotInHardwareLane;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.Test;

@NotInHardwareLane("No VM takes part.")
class UncheckedTest {
  private final RuntimeException exception = new IllegalArgumentException("as asked");
  private final List<Throwable> unchecked =
      List.of(exception, new OutOfMemoryError("as asked"), new StackOverflowError("as asked"));

  /**
   * At how many levels of a full stack the exception was thrown unchanged, and how many levels
   * caught an overflow.
   */
  private int kept;

  private int overflown;

  @Test
  void whatIsUncheckedIsThrownAsItIs() {
    for (Throwable thrown : unchecked) {
      assertThatThrownBy(() -> Unchecked.rethrow(thrown)).isSameAs(thrown);
      assertThatThrownBy(() -> Unchecked.rethrowIfAny(thrown)).isSameAs(thrown);
    }
    assertThatCode(() -> Unchecked.rethrowIfAny(null)).doesNotThrowAnyException();
  }

  @Test
  void whatIsCheckedIsTheCauseOfAnUncheckedOne() {
    IOException checked = new IOException("as asked");
    assertThatThrownBy(() -> Unchecked.rethrow(checked))
        .isInstanceOf(IllegalStateException.class)
        .hasCause(checked);
    assertThatThrownBy(() -> Unchecked.rethrowIfAny(checked))
        .isInstanceOf(IllegalStateException.class)
        .hasCause(checked);
  }

  @Test
  void throwingItNeedsNoRoomOnTheHeap() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    for (Throwable thrown : unchecked) {
      tryAll(thrown); // loads and links what the measurement needs
      long before = threads.getCurrentThreadAllocatedBytes();
      long empty = threads.getCurrentThreadAllocatedBytes() - before;
      before = threads.getCurrentThreadAllocatedBytes();
      tryAll(thrown);
      assertThat(threads.getCurrentThreadAllocatedBytes() - before).isEqualTo(empty);
    }
  }

  private static void tryAll(Throwable thrown) {
    for (int i = 0; i < 100; i++) {
      assertSame(thrown, caught(thrown));
      assertSame(thrown, caughtIfAny(thrown));
    }
  }

  @SuppressWarnings("ReferenceEquality")
  private static void assertSame(Throwable expected, Throwable found) {
    if (found != expected) {
      throw new AssertionError(found);
    }
  }

  private static Throwable caught(Throwable thrown) {
    try {
      throw Unchecked.rethrow(thrown);
    } catch (Throwable t) {
      return t;
    }
  }

  private static Throwable caughtIfAny(Throwable thrown) {
    try {
      Unchecked.rethrowIfAny(thrown);
      return new AssertionError("nothing thrown");
    } catch (Throwable t) {
      return t;
    }
  }

  @Test
  void atTheEndOfAStackItIsThatErrorOrTheOneThatWasKept() throws Exception {
    Thread full = new Thread(null, this::fill, "full", 256 * 1024);
    full.start();
    full.join();
    assertThat(overflown).isPositive();
    assertThat(kept).isPositive();
    assertThat(caught(exception)).isSameAs(exception);
  }

  /** Fills the stack, and throws at each level on the way back. */
  @SuppressWarnings({"InfiniteRecursion", "ReferenceEquality"})
  private void fill() {
    try {
      fill();
    } catch (StackOverflowError e) {
      overflown++;
    }
    try {
      throw Unchecked.rethrow(exception);
    } catch (RuntimeException e) {
      if (e == exception) {
        kept++;
      }
    }
  }
}
