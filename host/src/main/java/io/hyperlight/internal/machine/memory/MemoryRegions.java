package io.hyperlight.internal.machine.memory;

import static io.hyperlight.internal.machine.memory.Pages.PAGE_SIZE;

import io.hyperlight.internal.hypervisor.VirtualMachine;
import io.hyperlight.internal.os.HostMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The host's memory behind guest-physical addresses: one region from address 0 on, and those that
 * were added when the first was too small. Each is a memory slot of the VM, once there is one.
 *
 * <p>No access reaches from one region into another.
 */
final class MemoryRegions {
  private record Region(long start, MemorySegment memory) {
    long end() {
      return start + memory.byteSize();
    }
  }

  private static final MemorySegment ZEROS = MemorySegment.ofArray(new byte[PAGE_SIZE]);

  private final MemorySegment first;

  /** By address. */
  private final List<Region> added = new ArrayList<>();

  private @Nullable VirtualMachine vm;
  private boolean unmapped;

  /**
   * Takes over what the guest is to have from guest-physical address 0 on.
   *
   * @param first page-aligned
   */
  MemoryRegions(MemorySegment first) {
    this.first = first;
  }

  /** Address space of the host's, with zeros that take no memory until they are touched. */
  static MemorySegment reserve(long sizeBytes) {
    return HostMemory.mmap(
        sizeBytes,
        HostMemory.PROT_READ | HostMemory.PROT_WRITE,
        HostMemory.MAP_PRIVATE | HostMemory.MAP_ANONYMOUS | HostMemory.MAP_NORESERVE,
        -1);
  }

  /**
   * Gives a VM the first region as its memory. It gets the others as they are added.
   *
   * @param tracked whether a dirty tracker is to see what the guest writes to the first region
   */
  void attachTo(VirtualMachine owner, boolean tracked) {
    owner.addMemory(0, first, tracked);
    vm = owner;
  }

  MemorySegment first() {
    return first;
  }

  /** Whether there are others than the first. */
  boolean hasAdded() {
    return !added.isEmpty();
  }

  /** Adds zeros above all other regions. The guest may run. */
  void add(long start, long sizeBytes) {
    MemorySegment more = reserve(sizeBytes);
    int before = added.size();
    try {
      HostMemory.keepOutOfDumps(more);
      added.add(new Region(start, more));
      if (vm != null) {
        vm.addMemory(start, more, false); // last: once the guest has it, nothing may unmap it
      }
    } catch (Throwable t) {
      HostMemory.munmap(more);
      if (added.size() > before) {
        added.removeLast();
      }
      throw t;
    }
  }

  /**
   * Makes the VM forget everything that it has derived from page tables, and takes the added
   * regions away. If this fails, the VM is of no use any more. No vCPU runs. What a dirty log has
   * found and nobody collected is lost.
   */
  void forgetTables() {
    if (vm != null) {
      for (Region region : added.reversed()) {
        vm.removeMemory(region.start);
      }
      vm.forgetTables();
    }
    unmapAdded();
  }

  /** The same, but the added regions stay. */
  void forgetTranslationsOfTables() {
    if (vm != null) {
      vm.forgetTables();
    }
  }

  private void unmapAdded() {
    while (!added.isEmpty()) {
      HostMemory.munmap(added.getLast().memory);
      added.removeLast();
    }
  }

  /**
   * Makes the VM forget how pages of the first region were reached: their entries in the page
   * tables have changed. Contents stay.
   */
  void forgetTranslations(long address, long sizeBytes) {
    if (vm != null) {
      vm.forgetTranslations(address, sizeBytes);
    }
  }

  /** Gives pages back to the host: they are zeros then, and nothing leads to them. */
  void drop(long address, long sizeBytes) {
    HostMemory.madvise(slice(address, sizeBytes), HostMemory.MADV_DONTNEED);
  }

  /** Page-aligned memory of one region. */
  MemorySegment slice(long address, long sizeBytes) {
    return memoryOf(address).asSlice(offset(address), sizeBytes);
  }

  private MemorySegment memoryOf(long address) {
    return address < first.byteSize() ? first : addedAt(address).memory;
  }

  /** For what is not hot: the region is looked up once more. */
  private long offset(long address) {
    return address < first.byteSize() ? address : address - addedAt(address).start;
  }

  private Region addedAt(long address) {
    for (int i = added.size() - 1; i >= 0; i--) {
      Region region = added.get(i);
      if (address >= region.start && address < region.end()) {
        return region;
      }
    }
    throw new IndexOutOfBoundsException("no memory at physical 0x%x".formatted(address));
  }

  long getLong(long address) {
    if (address < first.byteSize()) {
      return first.get(ValueLayout.JAVA_LONG, address);
    }
    Region region = addedAt(address);
    return region.memory.get(ValueLayout.JAVA_LONG, address - region.start);
  }

  void putLong(long address, long value) {
    if (address < first.byteSize()) {
      first.set(ValueLayout.JAVA_LONG, address, value);
    } else {
      Region region = addedAt(address);
      region.memory.set(ValueLayout.JAVA_LONG, address - region.start, value);
    }
  }

  void get(long address, byte[] target, int from, int length) {
    MemorySegment.copy(
        memoryOf(address), ValueLayout.JAVA_BYTE, offset(address), target, from, length);
  }

  void put(long address, byte[] source, int from, int length) {
    MemorySegment.copy(
        source, from, memoryOf(address), ValueLayout.JAVA_BYTE, offset(address), length);
  }

  /** Copies whole pages within the memory of the guest. */
  void copy(long from, long to, long sizeBytes) {
    slice(to, sizeBytes).copyFrom(slice(from, sizeBytes));
  }

  /** Whether a page has nothing but zeros. */
  boolean isZero(long page) {
    return slice(page, PAGE_SIZE).mismatch(ZEROS) < 0;
  }

  /**
   * Unmaps all, after the VM is gone. Piece by piece, for a second call to go on where an error has
   * ended the first: what is unmapped twice may be another mapping the second time.
   */
  void close() {
    if (!unmapped) {
      HostMemory.munmap(first);
      unmapped = true;
    }
    unmapAdded();
  }
}
