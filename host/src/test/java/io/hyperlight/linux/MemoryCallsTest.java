package io.hyperlight.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.testing.HardwareLaneQuick;
import io.hyperlight.testing.RawSystemCalls;
import io.hyperlight.testing.ResetOracle;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The memory calls brk, mmap, munmap, mprotect, mremap and madvise work as the processor sees
 * memory.
 */
@Tag("dirty-tracking")
@HardwareLaneQuick
@Tag("slow")
class MemoryCallsTest {
  private static final long PAGE = 4096;

  private static final long MMAP = 9;
  private static final long MPROTECT = 10;
  private static final long MUNMAP = 11;
  private static final long BRK = 12;
  private static final long MREMAP = 25;
  private static final long MADVISE = 28;

  private static final long NONE = 0;
  private static final long READ = 1;
  private static final long READ_WRITE = 3;
  private static final long READ_EXECUTE = 5;
  private static final long ALL = 7;

  private static final long PRIVATE = 0x22; // and anonymous
  private static final long FIXED = PRIVATE | 0x10;
  private static final long FIXED_NOREPLACE = PRIVATE | 0x10_0000;

  private static final long GATE = 0x1_0000;

  /** Runs a test in a sandbox that was built, and in one that was spawned. */
  private static void inBoth(Consumer<RawSystemCalls> test) {
    inBoth(Sandbox.builder(RawSystemCalls.GUEST), test);
  }

  private static void inBoth(Sandbox.Builder builder, Consumer<RawSystemCalls> test) {
    try (Sandbox built = builder.build();
        Snapshot snapshot = built.snapshot()) {
      test.accept(new RawSystemCalls(built));
      try (Sandbox spawned = snapshot.spawn()) {
        ResetOracle oracle = new ResetOracle(snapshot);
        for (int round = 0; round < 2; round++) {
          test.accept(new RawSystemCalls(spawned));
          spawned.restore(snapshot);
          assertThat(oracle.leaksOf(spawned)).isEmpty();
          spawned.restore(snapshot);
        }
      }
    }
  }

  private static long map(RawSystemCalls guest, long pages, long protection) {
    long address = guest.call(MMAP, 0, pages * PAGE, protection, PRIVATE, -1, 0);
    assertThat(address).isPositive();
    return address;
  }

  private static void assertFaults(GuestFaultException.Kind kind, Runnable access) {
    assertThatExceptionOfType(GuestFaultException.class)
        .isThrownBy(access::run)
        .matches(e -> e.kind() == kind, "is a " + kind);
  }

  @Test
  void mappedMemoryIsZerosAndKeepsWhatIsWritten() {
    inBoth(guest -> {
      long address = map(guest, 3, READ_WRITE);
      assertThat(guest.peek(address + 2 * PAGE)).isZero();
      guest.poke(address + 2 * PAGE, 7);
      assertThat(guest.peek(address + 2 * PAGE)).isEqualTo(7);
      assertThat(guest.call(MUNMAP, address, 3 * PAGE)).isZero();
      long again = map(guest, 3, READ_WRITE);
      assertThat(guest.peek(again + 2 * PAGE)).isZero();
    });
  }

  @ParameterizedTest
  @ValueSource(strings = {"munmap", "none"})
  void whatIsTakenAwayFaultsAtOnceThoughItWasJustUsed(String how) {
    inBoth(guest -> {
      long address = map(guest, 1, READ_WRITE);
      guest.poke(address, 1);
      assertThat(guest.peek(address)).isEqualTo(1);
      assertThat(
              how.equals("munmap")
                  ? guest.call(MUNMAP, address, PAGE)
                  : guest.call(MPROTECT, address, PAGE, NONE))
          .isZero();
      assertFaults(GuestFaultException.Kind.MEMORY_ACCESS, () -> guest.peek(address));
    });
  }

  @Test
  void memoryThatBecomesReadOnlyCannotBeWrittenAnyMore() {
    inBoth(guest -> {
      long address = map(guest, 2, READ_WRITE);
      guest.poke(address, 5);
      guest.poke(address + PAGE, 6);
      assertThat(guest.call(MPROTECT, address, PAGE, READ)).isZero();
      assertThat(guest.peek(address)).isEqualTo(5);
      guest.poke(address + PAGE, 7);
      assertFaults(GuestFaultException.Kind.MEMORY_ACCESS, () -> guest.poke(address, 1));
    });
  }

  @Test
  void rightsThatAreGivenWorkAtOnce() {
    inBoth(guest -> {
      long address = map(guest, 1, READ);
      assertThat(guest.peek(address)).isZero();
      assertThat(guest.call(MPROTECT, address, PAGE, READ_WRITE)).isZero();
      guest.poke(address, 9);
      assertThat(guest.call(MPROTECT, address, PAGE, NONE)).isZero();
      assertThat(guest.call(MPROTECT, address, PAGE, READ)).isZero();
      assertThat(guest.peek(address)).isEqualTo(9);
    });
  }

  @Test
  void theProgramsOwnDataCanBeProtectedAndIsWritableAgainAfterARestore() {
    inBoth(guest -> {
      long area = guest.area();
      guest.poke(area, 1);
      assertThat(guest.call(MPROTECT, area, PAGE, READ)).isZero();
      guest.poke(area + PAGE, 2);
      assertFaults(GuestFaultException.Kind.MEMORY_ACCESS, () -> guest.poke(area, 3));
    });
    inBoth(guest -> guest.poke(guest.area(), 1));
  }

  @Test
  void theProgramsOwnDataThatWasUnmappedIsThereAgainAfterARestore() {
    inBoth(guest -> {
      long area = guest.area();
      guest.poke(area, 1);
      assertThat(guest.call(MUNMAP, area, 2 * PAGE)).isZero();
      // The memory may be used for something else, which must find zeros.
      for (int i = 0; i < 4; i++) {
        assertThat(guest.peek(map(guest, 1, READ_WRITE))).isZero();
      }
      assertFaults(GuestFaultException.Kind.MEMORY_ACCESS, () -> guest.peek(area));
    });
  }

  @Test
  void memoryThatMovesKeepsItsContentsAndLeavesNothing() {
    inBoth(guest -> {
      long area = guest.area();
      guest.poke(area + PAGE, 77);
      long blocker = map(guest, 2, READ_WRITE);
      guest.poke(blocker, 5);
      long moved = guest.call(MREMAP, area, 2 * PAGE, 8 * PAGE, 1, 0);
      assertThat(moved).isPositive().isNotEqualTo(area);
      assertThat(guest.peek(moved + PAGE)).isEqualTo(77);
      assertThat(guest.peek(moved + 7 * PAGE)).isZero();
      guest.poke(moved + 7 * PAGE, 1);
      long fixed = blocker - 64 * PAGE;
      assertThat(guest.call(MREMAP, moved, 8 * PAGE, 2 * PAGE, 3, fixed)).isEqualTo(fixed);
      assertThat(guest.peek(fixed + PAGE)).isEqualTo(77);
      assertFaults(GuestFaultException.Kind.MEMORY_ACCESS, () -> guest.peek(area + PAGE));
    });
  }

  @Test
  void mappingsGrowInPlaceAndShrink() {
    inBoth(guest -> {
      long address = map(guest, 1, READ_WRITE);
      guest.poke(address, 3);
      assertThat(guest.call(MREMAP, address, PAGE, 4 * PAGE, 0)).isEqualTo(address);
      guest.poke(address + 3 * PAGE, 4);
      assertThat(guest.call(MREMAP, address, 4 * PAGE, 2 * PAGE, 0)).isEqualTo(address);
      assertThat(guest.call(MREMAP, address, 2 * PAGE, 4 * PAGE, 0)).isEqualTo(address);
      assertThat(guest.peek(address + 3 * PAGE)).isZero();
      assertThat(guest.peek(address)).isEqualTo(3);
    });
  }

  @Test
  void theBreakComesBackAsZeros() {
    inBoth(guest -> {
      long start = guest.call(BRK, 0);
      assertThat(guest.call(BRK, start + 3 * PAGE)).isEqualTo(start + 3 * PAGE);
      guest.poke(start + 2 * PAGE, 8);
      assertThat(guest.call(BRK, start + PAGE)).isEqualTo(start + PAGE);
      assertThat(guest.call(BRK, start + 3 * PAGE)).isEqualTo(start + 3 * PAGE);
      assertThat(guest.peek(start + 2 * PAGE)).isZero();
      // A mapping is in the way.
      long above = start + 8 * PAGE;
      assertThat(guest.call(MMAP, above, PAGE, READ_WRITE, FIXED, -1, 0)).isEqualTo(above);
      assertThat(guest.call(BRK, start + 20 * PAGE)).isEqualTo(start + 3 * PAGE);
      assertThat(guest.call(BRK, start + 8 * PAGE)).isEqualTo(start + 8 * PAGE);
    });
  }

  @Test
  void droppedMemoryIsZeros() {
    inBoth(guest -> {
      long area = guest.area();
      guest.poke(area, 1);
      guest.poke(area + PAGE, 1);
      assertThat(guest.call(MADVISE, area, PAGE, 4)).isZero();
      assertThat(guest.peek(area)).isZero();
      assertThat(guest.peek(area + PAGE)).isEqualTo(1);
      long address = map(guest, 2, READ_WRITE);
      guest.poke(address, 1);
      assertThat(guest.call(MADVISE, address, 2 * PAGE, 4)).isZero();
      assertThat(guest.peek(address)).isZero();
    });
  }

  @Test
  void aReservationOf64GibibytesCostsNothing() {
    inBoth(guest -> {
      long address = guest.call(MMAP, 0, 64L << 30, NONE, PRIVATE | 0x4000, -1, 0);
      assertThat(address).isPositive();
      long inside = address + (40L << 30);
      assertThat(guest.call(MPROTECT, inside, 2 * PAGE, READ_WRITE)).isZero();
      guest.poke(inside + PAGE, 5);
      assertThat(guest.peek(inside + PAGE)).isEqualTo(5);
      assertThat(guest.call(MPROTECT, address, 64L << 30, READ_WRITE)).isZero();
      for (int i = 0; i < 64; i++) {
        long there = address + ((long) i << 30);
        assertThat(guest.peek(there)).isZero();
        guest.poke(there + PAGE, i);
        assertThat(guest.peek(there + PAGE)).isEqualTo(i);
      }
      assertThat(guest.call(MMAP, 0, 64L << 30, READ_WRITE, PRIVATE, -1, 0))
          .isEqualTo(-Errno.ENOMEM);
      assertThat(guest.call(MUNMAP, address, 64L << 30)).isZero();
    });
  }

  @Test
  void memoryIsNeverWritableAndExecutableUnlessTheEmbedderAllowsIt() {
    inBoth(guest -> {
      assertThat(guest.call(MMAP, 0, PAGE, ALL, PRIVATE, -1, 0)).isEqualTo(-Errno.EACCES);
      long address = map(guest, 1, READ_WRITE);
      assertThat(guest.call(MPROTECT, address, PAGE, READ_EXECUTE)).isEqualTo(-Errno.EACCES);
      assertThat(guest.call(MPROTECT, address, PAGE, ALL)).isEqualTo(-Errno.EACCES);
      assertThat(guest.call(MPROTECT, address, PAGE, READ)).isZero();
      assertThat(guest.call(MPROTECT, address, PAGE, READ_EXECUTE)).isEqualTo(-Errno.EACCES);
    });
    inBoth(guest -> {
      long address = map(guest, 1, READ_WRITE);
      assertFaults(GuestFaultException.Kind.MEMORY_ACCESS, () -> guest.jump(address));
    });
  }

  @Test
  void codeThatAGuestMayMakeRuns() {
    inBoth(
        Sandbox.builder(RawSystemCalls.GUEST).allowCodeGeneration(),
        guest -> {
          long address = map(guest, 1, READ_WRITE);
          guest.putCode(address);
          assertThat(guest.call(MPROTECT, address, PAGE, READ_EXECUTE)).isZero();
          assertThat(guest.jump(address)).isEqualTo(42);
          long all = map(guest, 1, ALL);
          guest.putCode(all);
          assertThat(guest.jump(all)).isEqualTo(42);
        });
  }

  @Test
  void whatBelongsToTheHostStays() {
    inBoth(guest -> {
      for (long sealed : new long[] {GATE, GATE + PAGE, GATE - PAGE, PAGE}) {
        assertThat(guest.call(MUNMAP, sealed, PAGE)).isEqualTo(-Errno.EPERM);
        assertThat(guest.call(MMAP, sealed, PAGE, READ_WRITE, FIXED, -1, 0))
            .isEqualTo(-Errno.EPERM);
      }
      assertThat(guest.call(MPROTECT, GATE, PAGE, READ_WRITE)).isEqualTo(-Errno.EPERM);
      assertThat(guest.call(MADVISE, GATE, PAGE, 4)).isEqualTo(-Errno.EPERM);
      assertThat(guest.call(MREMAP, GATE, PAGE, 2 * PAGE, 1, 0)).isEqualTo(-Errno.EPERM);
      assertThat(guest.call(MUNMAP, 0, 1L << 46)).isEqualTo(-Errno.EPERM);
    });
  }

  @Test
  void nonsenseGetsTheErrorsOfTheManual() {
    inBoth(guest -> {
      long area = guest.area();
      assertThat(guest.call(MMAP, 0, 0, READ, PRIVATE, -1, 0)).isEqualTo(-Errno.EINVAL);
      assertThat(guest.call(MMAP, 0, PAGE, READ, 0x20, -1, 0)).isEqualTo(-Errno.EINVAL);
      assertThat(guest.call(MMAP, 0, PAGE, READ, PRIVATE, -1, 1)).isEqualTo(-Errno.EINVAL);
      assertThat(guest.call(MMAP, 0, PAGE, READ, 2, 0, 0)).isEqualTo(-Errno.ENODEV);
      assertThat(guest.call(MMAP, 0, PAGE, READ, 2, 1, 0)).isEqualTo(-Errno.EACCES);
      assertThat(guest.call(MMAP, 0, PAGE, READ, 2, 99, 0)).isEqualTo(-Errno.EBADF);
      assertThat(guest.call(MMAP, 1, PAGE, READ, FIXED, -1, 0)).isEqualTo(-Errno.EINVAL);
      assertThat(guest.call(MMAP, area, PAGE, READ, FIXED_NOREPLACE, -1, 0))
          .isEqualTo(-Errno.EEXIST);
      for (long size : new long[] {1L << 62, -1, Long.MIN_VALUE, 1L << 47, 1L << 40}) {
        assertThat(guest.call(MMAP, 0, size, READ_WRITE, PRIVATE, -1, 0)).isEqualTo(-Errno.ENOMEM);
      }
      assertThat(guest.call(MMAP, 1L << 47, PAGE, READ, FIXED, -1, 0)).isEqualTo(-Errno.ENOMEM);
      assertThat(guest.call(MUNMAP, area + 1, PAGE)).isEqualTo(-Errno.EINVAL);
      assertThat(guest.call(MUNMAP, area, 0)).isEqualTo(-Errno.EINVAL);
      assertThat(guest.call(MUNMAP, area, -1)).isEqualTo(-Errno.EINVAL);
      assertThat(guest.call(MPROTECT, area + 8, PAGE, READ)).isEqualTo(-Errno.EINVAL);
      assertThat(guest.call(MPROTECT, area, PAGE, 8)).isEqualTo(-Errno.EINVAL);
      assertThat(guest.call(MPROTECT, 1L << 40, PAGE, READ)).isEqualTo(-Errno.ENOMEM);
      assertThat(guest.call(MREMAP, area, 0, PAGE, 1)).isEqualTo(-Errno.EINVAL);
      assertThat(guest.call(MREMAP, area, PAGE, 0, 1)).isEqualTo(-Errno.EINVAL);
      assertThat(guest.call(MREMAP, area, PAGE, PAGE, 2, area)).isEqualTo(-Errno.EINVAL);
      assertThat(guest.call(MREMAP, 1L << 40, PAGE, 2 * PAGE, 1)).isEqualTo(-Errno.EFAULT);
      assertThat(guest.call(MADVISE, area, PAGE, 4711)).isEqualTo(-Errno.EINVAL);
      assertThat(guest.call(MADVISE, 1L << 40, PAGE, 4)).isEqualTo(-Errno.ENOMEM);
    });
  }

  @Test
  void aFailedReplacementLeavesWhatWasThere() {
    inBoth(guest -> {
      long area = guest.area();
      guest.poke(area, 9);
      assertThat(guest.call(MMAP, area, 1L << 30, READ_WRITE, FIXED, -1, 0)).isNegative();
      assertThat(guest.peek(area)).isEqualTo(9);
    });
  }

  @Test
  void mappingsAreLimitedInNumber() {
    try (Sandbox sandbox = Sandbox.builder(RawSystemCalls.GUEST).build()) {
      RawSystemCalls guest = new RawSystemCalls(sandbox);
      long reserved = guest.call(MMAP, 0, 1L << 36, NONE, PRIVATE, -1, 0);
      long made = 0;
      // Unmapping every other page adds one range each.
      while (made < 70_000 && guest.call(MUNMAP, reserved + 2 * made * PAGE, PAGE) == 0) {
        made++;
      }
      assertThat(made).isBetween(65_000L, 65_530L);
      assertThat(guest.call(MMAP, 0, PAGE, READ, PRIVATE, -1, 0)).isEqualTo(-Errno.ENOMEM);
      assertThat(guest.call(MUNMAP, reserved, 1L << 36)).isZero();
      assertThat(guest.call(MMAP, 0, PAGE, READ, PRIVATE, -1, 0)).isPositive();
    }
  }
}
