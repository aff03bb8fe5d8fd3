package io.hyperlight.internal.machine.memory;

import static io.hyperlight.internal.machine.memory.PhysicalMemory.PAGE_SIZE;

import io.hyperlight.internal.os.Posix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The pages that page tables are made of. They lie in guest-physical memory of their own, which
 * never holds data, and none becomes another table before KVM has forgotten it: a KVM that shadows
 * page tables goes on using what it derived from a page while that was a table, and does not see
 * that the host writes another one there.
 *
 * <p>So tables are numbered, and each number has its address. Those of the image keep theirs for as
 * long as the VM lives. Numbers of later tables only go up, over all restores, until few are left;
 * then the restore makes KVM forget all of them ({@link MemorySlots#forgetTables}) and they start
 * from the image's end again. A run that needs more than there are gets further memory slots, since
 * KVM cannot forget while a guest runs.
 *
 * <p>The first numbers go downwards from the start of the data, so that an image has tables and
 * data side by side; the others upwards from the end of the data. Page 0 is never used: no zeroed
 * entry points at anything real.
 */
public final class TablePages {
  /**
   * How many lie below the data. KVM needs some 10 bytes for each; forgetting takes tens of
   * microseconds, but tens of milliseconds on a busy machine, and so is to be rare.
   */
  static final int BELOW = 2047;

  /** Where the data starts. */
  public static final long DATA_START = (BELOW + 1L) * PAGE_SIZE;

  /** At least so many more than an image has are in the VM's first slot. */
  private static final int SPARE = 256;

  /** A restore that leaves fewer makes KVM forget. */
  private static final int FEWEST_LEFT = 64;

  /** The APICs and KVM's own pages lie above, below 4 GiB. */
  private static final long END = 0xfec0_0000L;

  /** Memory in a slot of its own. */
  private record Addition(int first, MemorySegment memory) {}

  private final MemorySegment memory;
  private final long dataEnd;
  private final int ofImage;

  /** How many numbers have memory from the beginning. */
  private final int ofFirstSlot;

  private final List<Addition> additions = new ArrayList<>();
  private @Nullable MemorySlots slots;

  /** The first number after the image's that the present run has, if it has any. */
  private int first;

  /** The number of the next table. */
  private int next;

  /** How many numbers have memory. */
  private int capacity;

  /**
   * Pages for tables.
   *
   * @param memory what the VM has from guest-physical address 0 on
   * @param dataEnd where it has no more data
   * @param ofImage how many tables are there already
   */
  TablePages(MemorySegment memory, long dataEnd, int ofImage) {
    this.memory = memory;
    this.dataEnd = dataEnd;
    this.ofImage = ofImage;
    first = ofImage;
    next = ofImage;
    ofFirstSlot = BELOW + (int) ((memory.byteSize() - dataEnd) / PAGE_SIZE);
    capacity = ofFirstSlot;
  }

  /** How much memory is needed behind the data for the tables of an image. */
  static long sizeBehindData(int ofImage) {
    return (long) PAGE_SIZE * Math.max(0, ofImage + SPARE - BELOW);
  }

  /** The guest-physical address of a table by its number. */
  public static long address(int number, long dataEnd) {
    return number < BELOW
        ? DATA_START - (number + 1L) * PAGE_SIZE
        : dataEnd + (long) (number - BELOW) * PAGE_SIZE;
  }

  /** Says who can add memory, once there is a VM. */
  void useSlots(MemorySlots ofVm) {
    slots = ofVm;
  }

  /** How many tables there are now. */
  int count() {
    return ofImage + next - first;
  }

  /** A table without entries. */
  long allocate() {
    if (next == capacity) {
      grow();
    }
    return address(next++, dataEnd);
  }

  private void grow() {
    long address = address(capacity, dataEnd);
    int pages = (int) Math.min(Math.max(SPARE, count()), (END - address) / PAGE_SIZE);
    if (pages <= 0) {
      throw new GuestMemoryExhaustedException(PAGE_SIZE, 0, dataEnd - DATA_START);
    }
    MemorySegment more = PhysicalMemory.reserve((long) pages * PAGE_SIZE);
    int before = additions.size();
    try {
      Posix.keepOutOfDumps(more);
      additions.add(new Addition(capacity, more));
      if (slots != null) {
        slots.add(address, more); // last: once the guest has it, nothing may unmap it
      }
    } catch (Throwable t) {
      Posix.munmap(more);
      if (additions.size() > before) {
        additions.removeLast();
      }
      throw t;
    }
    capacity += pages;
  }

  private static IndexOutOfBoundsException none(long table) {
    return new IndexOutOfBoundsException("no table at 0x%x".formatted(table));
  }

  /** The memory of a table that is not in the VM's first slot. */
  private MemorySegment added(long table) {
    int number = BELOW + (int) ((table - dataEnd) / PAGE_SIZE);
    for (Addition addition : additions.reversed()) {
      if (number >= addition.first) {
        return addition.memory.asSlice((long) (number - addition.first) * PAGE_SIZE, PAGE_SIZE);
      }
    }
    throw none(table);
  }

  /** Whether a table is in the VM's first slot. */
  private boolean isInFirstSlot(long table) {
    if (table >= DATA_START && table < dataEnd) {
      throw none(table);
    }
    return table < memory.byteSize();
  }

  long entry(long table, int index) {
    return isInFirstSlot(table)
        ? memory.get(ValueLayout.JAVA_LONG, table + (long) index * Long.BYTES)
        : added(table).getAtIndex(ValueLayout.JAVA_LONG, index);
  }

  /** Writes an entry; returns whether it is in the VM's first slot. */
  boolean setEntry(long table, int index, long value) {
    boolean inFirst = isInFirstSlot(table);
    if (inFirst) {
      memory.set(ValueLayout.JAVA_LONG, table + (long) index * Long.BYTES, value);
    } else {
      added(table).setAtIndex(ValueLayout.JAVA_LONG, index, value);
    }
    return inFirst;
  }

  /**
   * Goes back to the tables of the image, after its memory has gone back. Costs nothing if there
   * were no others. Dropping their memory also makes processors forget what they hold of them.
   */
  void restore() {
    if (next == first) {
      return;
    }
    drop(first, next);
    first = next;
    if (!additions.isEmpty() || capacity - next < FEWEST_LEFT) {
      forget();
    }
  }

  private void drop(int from, int to) {
    if (from < BELOW) {
      long end = address(from, dataEnd) + PAGE_SIZE;
      drop(address(Math.min(to, BELOW) - 1, dataEnd), end);
    }
    int end = Math.min(to, additions.isEmpty() ? to : additions.getFirst().first);
    if (end > BELOW) {
      drop(address(Math.max(from, BELOW), dataEnd), address(end, dataEnd));
    }
  }

  private void drop(long start, long end) {
    if (end > start) {
      Posix.madvise(memory.asSlice(start, end - start), Posix.MADV_DONTNEED);
    }
  }

  private void forget() {
    if (slots != null) {
      slots.forgetTables();
    }
    capacity = ofFirstSlot;
    closeAdditions();
    first = ofImage;
    next = ofImage;
  }

  private void closeAdditions() {
    while (!additions.isEmpty()) {
      Posix.munmap(additions.getLast().memory);
      additions.removeLast();
    }
  }

  /** Gives added memory back, after the VM is gone. */
  void close() {
    closeAdditions();
  }
}
