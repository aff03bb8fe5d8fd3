package io.hyperlight.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.GuestLimitException;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.testing.HardwareLaneQuick;
import io.hyperlight.testing.RawSystemCalls;
import io.hyperlight.testing.ResetOracle;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A guest maps more than its memory, and what it touches is counted, kept and taken back. */
@Tag("dirty-tracking")
@HardwareLaneQuick
class TouchedMemoryTest {
  private static final long PAGE = 4096;
  private static final long MIB = 1 << 20;
  private static final long GIB = 1 << 30;

  private static final long READ = 0;
  private static final long MMAP = 9;
  private static final long MPROTECT = 10;
  private static final long MUNMAP = 11;
  private static final long PIPE = 22;
  private static final long MADVISE = 28;
  private static final long WRITE = 1;

  private static final long READ_WRITE = 3;
  private static final long SPARSE = 0x4022; // private, anonymous, MAP_NORESERVE
  private static final long FIXED = 0x10;
  private static final long DONTNEED = 4;
  private static final int ROUNDS = 4;

  private static long map(RawSystemCalls guest, long size) {
    long address = guest.call(MMAP, 0, size, READ_WRITE, SPARSE, -1, 0);
    assertThat(address).isPositive();
    return address;
  }

  /** Touches every page until there is no memory, and returns how many had some. */
  private static long touchAll(RawSystemCalls guest, long address) {
    long touched = 0;
    try {
      for (long at = address; ; at += PAGE) {
        guest.poke(at, (int) ++touched);
      }
    } catch (GuestLimitException e) {
      assertThat(e.kind()).isEqualTo(GuestLimitException.Kind.MEMORY);
      assertThat(e.limit()).isEqualTo(4 * MIB);
      assertThat(e).hasMessageContaining("bytes of memory");
    }
    return touched;
  }

  @Test
  void aTouchBeyondAllMemoryEndsTheCallAndARestoreTakesBackWhatWasTouched() {
    try (Sandbox built = Sandbox.builder(RawSystemCalls.GUEST).memorySize(4 * MIB).build()) {
      long reserved = map(new RawSystemCalls(built), 6 * GIB);
      try (Snapshot snapshot = built.snapshot();
          Sandbox sandbox = snapshot.spawn()) {
        ResetOracle oracle = new ResetOracle(snapshot);
        RawSystemCalls guest = new RawSystemCalls(sandbox);
        long first = touchAll(guest, reserved + GIB);
        assertThat(first).isGreaterThan(500);
        for (int round = 0; round < ROUNDS; round++) {
          sandbox.restore(snapshot);
          assertThat(oracle.leaksOf(sandbox)).isEmpty();
          sandbox.restore(snapshot);
          assertThat(guest.peek(reserved + GIB)).isZero();
          // Elsewhere each time, so that other page tables lead to the same memory.
          long touched = touchAll(guest, reserved + 2 * GIB + round * 100L * MIB);
          assertThat(touched).isBetween(first - 16, first);
        }
      }
    }
  }

  @Test
  void whatWasTouchedBeforeASnapshotIsInItAndTheRestIsStillUntouched() {
    try (Sandbox built = Sandbox.builder(RawSystemCalls.GUEST).build()) {
      RawSystemCalls original = new RawSystemCalls(built);
      long reserved = map(original, 6 * GIB);
      for (long i = 0; i < 6; i++) {
        original.poke(reserved + i * GIB + 5 * PAGE, (int) i + 1);
      }
      try (Snapshot snapshot = built.snapshot();
          Sandbox one = snapshot.spawn();
          Sandbox other = snapshot.spawn()) {
        RawSystemCalls first = new RawSystemCalls(one);
        RawSystemCalls second = new RawSystemCalls(other);
        for (int round = 0; round < ROUNDS; round++) {
          for (long i = 0; i < 6; i++) {
            long touched = reserved + i * GIB + 5 * PAGE;
            long untouched = touched + 100 * MIB;
            assertThat(first.peek(touched)).isEqualTo((int) i + 1);
            assertThat(first.peek(untouched)).isZero();
            first.poke(touched, 99);
            first.poke(untouched, 98);
            assertThat(first.peek(untouched)).isEqualTo(98);
            assertThat(second.peek(touched)).isEqualTo((int) i + 1);
            assertThat(second.peek(untouched)).isZero();
          }
          one.restore(snapshot);
          other.restore(snapshot);
        }
      }
    }
  }

  @Test
  void droppedMemoryCanBeTouchedAgainElsewhere() {
    try (Sandbox sandbox = Sandbox.builder(RawSystemCalls.GUEST).memorySize(4 * MIB).build()) {
      RawSystemCalls guest = new RawSystemCalls(sandbox);
      long reserved = map(guest, GIB);
      for (int round = 0; round < 20; round++) {
        long part = reserved + round * 16L * MIB;
        for (long at = 0; at < 2 * MIB; at += PAGE) {
          assertThat(guest.peek(part + at)).isZero();
          guest.poke(part + at, 1);
        }
        assertThat(guest.call(MADVISE, part, 2 * MIB, DONTNEED)).isZero();
        assertThat(guest.peek(part)).isZero();
        assertThat(guest.call(MADVISE, part, 2 * MIB, DONTNEED)).isZero();
      }
    }
  }

  @Test
  void aSystemCallThatHasNoMemoryToWriteToFailsAndLosesNothing() {
    try (Sandbox sandbox = Sandbox.builder(RawSystemCalls.GUEST).memorySize(4 * MIB).build()) {
      RawSystemCalls guest = new RawSystemCalls(sandbox);
      long area = guest.area();
      assertThat(guest.call(PIPE, area)).isZero();
      int read = guest.peek(area);
      int write = guest.peek(area + 4);
      guest.poke(area, 0x34);
      assertThat(guest.call(WRITE, write, area, 4)).isEqualTo(4);
      long reserved = map(guest, GIB);
      // Each page by a call of its own, until there is none.
      long at = reserved;
      while (guest.call(PIPE, at) == 0) {
        for (int end = 0; end < 2; end++) {
          guest.call(3, guest.peek(at + 4L * end));
        }
        at += PAGE;
      }
      assertThat(guest.call(PIPE, at)).isEqualTo(-Errno.EFAULT);
      assertThat(guest.call(READ, read, at + 64 * MIB, 4)).isEqualTo(-Errno.EFAULT);
      assertThat(guest.call(READ, read, area + 8, 4)).isEqualTo(4);
      assertThat(guest.peek(area + 8)).isEqualTo(0x34);
      assertThat(guest.call(MADVISE, reserved, GIB, DONTNEED)).isZero();
      assertThat(guest.call(PIPE, at)).isZero();
    }
  }

  @Test
  void memoryThatAGuestMustNotTouchFaultsAsEver() {
    try (Sandbox built = Sandbox.builder(RawSystemCalls.GUEST).build();
        Snapshot snapshot = built.snapshot();
        Sandbox sandbox = snapshot.spawn()) {
      RawSystemCalls guest = new RawSystemCalls(sandbox);
      long[] addresses = {
        0, PAGE, 0x1_0000 - 8, (1L << 47) - PAGE, 1L << 47, 0xffff_8000_0000_1000L, -8, 1L << 62
      };
      for (long address : addresses) {
        map(guest, 6 * GIB);
        assertThatExceptionOfType(GuestFaultException.class)
            .as("0x%x", address)
            .isThrownBy(() -> guest.poke(address, 1));
        sandbox.restore(snapshot);
      }
      long reserved = map(guest, 64 * MIB);
      assertThat(guest.call(MPROTECT, reserved + 2 * MIB, 2 * MIB, 0)).isZero();
      guest.poke(reserved + 2 * MIB - 4, 1);
      guest.poke(reserved + 4 * MIB, 1);
      assertThatExceptionOfType(GuestFaultException.class)
          .isThrownBy(() -> guest.peek(reserved + 2 * MIB));
    }
  }

  @Test
  void manyMappingsOfWhichEachIsTouchedStayWithinTheMemory() {
    try (Sandbox sandbox = Sandbox.builder(RawSystemCalls.GUEST).memorySize(64 * MIB).build()) {
      RawSystemCalls guest = new RawSystemCalls(sandbox);
      long start = 1L << 40;
      for (long i = 0; i < 1000; i++) {
        long at = start + i * 16 * MIB;
        assertThat(guest.call(MMAP, at, 8 * MIB, READ_WRITE, SPARSE | FIXED, -1, 0)).isEqualTo(at);
        guest.poke(at + 3 * MIB, (int) i % 100);
      }
      for (long i = 0; i < 1000; i++) {
        assertThat(guest.peek(start + i * 16 * MIB + 3 * MIB)).isEqualTo((int) i % 100);
      }
      assertThat(guest.call(MUNMAP, start, 1000L * 16 * MIB)).isZero();
    }
  }
}
