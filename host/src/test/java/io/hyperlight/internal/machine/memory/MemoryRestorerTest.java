package io.hyperlight.internal.machine.memory;

import static io.hyperlight.internal.machine.memory.PhysicalMemory.PAGE_SIZE;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.internal.hypervisor.DirtyTracker;
import io.hyperlight.testing.NotInHardwareLane;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Restores memory to an image. The test plays the guest and the tracker. */
@NotInHardwareLane("No VM takes part.")
class MemoryRestorerTest {
  private static final int PAGES = 6000;
  private static final long SIZE = (long) PAGES * PAGE_SIZE;
  private static final long START = PhysicalLayout.DATA_START;

  /** Reports a page once, as those of KVM do. */
  private static final class Tracker implements DirtyTracker {
    private final Set<Long> reported = new HashSet<>();
    private final List<Long> written = new ArrayList<>();
    private boolean full;
    private int rearmed;

    void write(long page) {
      if (reported.add(page)) {
        written.add(page);
      }
    }

    @Override
    public void collect(PageSet pages) {
      written.forEach(pages::add);
      written.clear();
    }

    @Override
    public boolean needsRearming() {
      return full;
    }

    @Override
    public void rearm() {
      reported.clear();
      rearmed++;
    }

    @Override
    public void close() {}
  }

  private final Tracker tracker = new Tracker();
  private final PhysicalMemory memory = spawn();

  private PhysicalMemory spawn() {
    try (PhysicalMemory original = new PhysicalMemory(SIZE)) {
      original.allocate(SIZE - 101 * PAGE_SIZE);
      for (int page = 1; page < 5000; page += 2) {
        original.putLong(START + (long) page * PAGE_SIZE, page);
      }
      PhysicalMemory spawned =
          new PhysicalMemory(original.freeze(List.of(new PageTables(original).root())));
      spawned.trackBy(tracker);
      return spawned;
    }
  }

  @AfterEach
  void close() {
    memory.close();
  }

  /** Writes as a guest does: the tracker notices, and the host does not. */
  private void guestWrites(long page) {
    memory.segment().set(ValueLayout.JAVA_LONG, START + page * PAGE_SIZE, -1);
    tracker.write(START / PAGE_SIZE + page);
  }

  private void assertRestored() {
    for (long page = 0; page < PAGES; page++) {
      assertThat(memory.getLong(START + page * PAGE_SIZE))
          .as("page %d", page)
          .isEqualTo(page < 5000 && page % 2 == 1 ? page : 0);
    }
  }

  @Test
  void pagesAndHolesThatTheGuestWroteGoBack() {
    guestWrites(3);
    guestWrites(4);
    memory.restore();
    assertRestored();
  }

  @Test
  void pagesThatTheHostWroteGoBack() {
    memory.putLong(START + 7 * PAGE_SIZE, 1);
    memory.put(START + 9 * PAGE_SIZE - 2, new byte[] {1, 2, 3, 4}, 0, 4); // across a boundary
    memory.restore();
    assertRestored();
  }

  @Test
  void pagesThatAreWrittenEveryTimeAreKnownWithoutTheTracker() {
    for (int round = 0; round < 200; round++) {
      guestWrites(11);
      guestWrites(12);
      memory.restore();
      assertRestored();
    }
    assertThat(memory.restorer().hotPages()).isEqualTo(2);
    assertThat(tracker.rearmed).isZero();
  }

  @Test
  void pagesThatStayCleanLeaveTheHotSet() {
    for (int page = 1; page < 100; page++) {
      guestWrites(page);
    }
    for (int round = 0; round < MemoryRestorer.FIRST_COMPARISON; round++) {
      guestWrites(11);
      memory.restore();
    }
    assertThat(memory.restorer().hotPages()).isZero();
    assertThat(tracker.rearmed).isEqualTo(1);
    guestWrites(11);
    guestWrites(50);
    memory.restore();
    assertThat(memory.restorer().hotPages()).isEqualTo(2);
    assertRestored();
  }

  @Test
  void aSetThatChangesAllTheTimeIsLearntLessAndLessOften() {
    for (int round = 0; round < 1000; round++) {
      for (int i = 0; i < 20; i++) {
        guestWrites(1 + 20L * (round % 20) + i);
      }
      memory.restore();
    }
    assertThat(tracker.rearmed).isBetween(3, 8);
    assertRestored();
  }

  @Test
  void moreThanIsCopiedIsMappedAnew() {
    for (int page = 1; page < 5500; page++) {
      guestWrites(page);
    }
    memory.putLong(START + 5600L * PAGE_SIZE, 1);
    memory.restore();
    assertThat(memory.restorer().hotPages()).isZero();
    assertThat(tracker.rearmed).isEqualTo(1);
    assertRestored();
  }

  @Test
  void whatWasHandedOutSinceIsHandedBackAndZero() {
    long free = memory.freeBytes();
    long address = memory.allocate(10 * PAGE_SIZE);
    memory.putLong(address, 5);
    guestWrites((address - START) / PAGE_SIZE + 9);
    memory.restore();
    assertThat(memory.freeBytes()).isEqualTo(free);
    assertThat(memory.allocate(10 * PAGE_SIZE)).isEqualTo(address);
    assertRestored();
  }

  @Test
  void aTrackerThatIsNearlyFullStartsAnew() {
    tracker.full = true;
    guestWrites(3);
    memory.restore();
    assertThat(tracker.rearmed).isEqualTo(1);
    guestWrites(3);
    memory.restore();
    assertRestored();
  }

  @Test
  void roomIsMadeInTheMiddleOfACallWithoutForgettingAnything() {
    guestWrites(3);
    memory.makeRoomForTracker();
    guestWrites(4);
    memory.makeRoomForTracker();
    assertThat(tracker.rearmed).isEqualTo(2);
    memory.restore();
    assertRestored();
  }
}
