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
 * The host's memory behind guest-physical addresses. One region starts at address 0. Others are
 * added when it is too small. Each is a memory slot of the VM, once there is a VM.
 *
 * <p>No access crosses from one region into another.
 */
final class MemoryRegions {
  private record Region(long start, MemorySegment memory) {
    long end() {
      return start + memory.byteSize();
    }
  }

  private static final MemorySegment ZEROS = MemorySegment.ofArray(new byte[PAGE_SIZE]);

  private final MemorySegment first;

  /** In the order of addresses. */
  private final List<Region> added = new ArrayList<>();

  private @Nullable VirtualMachine vm;
  private boolean unmapped;

  /**
   * Takes over the memory that the guest gets from guest-physical address 0 on.
   *
   * @param first page-aligned
   */
  MemoryRegions(MemorySegment first) {
    this.first = first;
  }

  /**
   * Reserves address space of the host. It contains zeros that take no memory until they are
   * touched.
   */
  static MemorySegment reserve(long sizeBytes) {
    return HostMemory.mmap(
        sizeBytes,
        HostMemory.PROT_READ | HostMemory.PROT_WRITE,
        HostMemory.MAP_PRIVATE | HostMemory.MAP_ANONYMOUS | HostMemory.MAP_NORESERVE,
        -1);
  }

  /**
   * Makes the first region the memory of a VM. The VM gets the others as they are added.
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

  /** Returns whether there are other regions than the first. */
  boolean hasAdded() {
    return !added.isEmpty();
  }

  /** Adds a region of zeros above all other regions. The guest may run. */
  void add(long start, long sizeBytes) {
    MemorySegment more = reserve(sizeBytes);
    int before = added.size();
    try {
      HostMemory.keepOutOfDumps(more);
      added.add(new Region(start, more));
      if (vm != null) {
        // Last: once the guest has the region, no failure may unmap it.
        vm.addMemory(start, more, false);
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
   * Makes the VM forget all translations, and removes the added regions. If this fails, the VM is
   * unusable. No vCPU runs. Pages that a dirty log has found are lost if they were not collected.
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

  /** Makes the VM forget all translations. The added regions stay. */
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
   * Makes the VM forget the translations to pages of the first region, whose entries in the page
   * tables have changed. The contents stay.
   */
  void forgetTranslations(long address, long sizeBytes) {
    if (vm != null) {
      vm.forgetTranslations(address, sizeBytes);
    }
  }

  /** Returns pages to the host. They are zeros then, and no translation leads to them. */
  void drop(long address, long sizeBytes) {
    HostMemory.madvise(slice(address, sizeBytes), HostMemory.MADV_DONTNEED);
  }

  /** Returns page-aligned memory of one region. */
  MemorySegment slice(long address, long sizeBytes) {
    return memoryOf(address).asSlice(offset(address), sizeBytes);
  }

  private MemorySegment memoryOf(long address) {
    return address < first.byteSize() ? first : addedAt(address).memory;
  }

  /** Looks the region up once more, so it is not for hot paths. */
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

  /** Copies whole pages within guest memory. */
  void copy(long from, long to, long sizeBytes) {
    slice(to, sizeBytes).copyFrom(slice(from, sizeBytes));
  }

  /** Returns whether a page contains only zeros. */
  boolean isZero(long page) {
    return slice(page, PAGE_SIZE).mismatch(ZEROS) < 0;
  }

  /**
   * Unmaps all regions, after the VM is closed. It works piece by piece, so that a second call
   * continues after an error. A piece must not be unmapped twice: its addresses may belong to
   * another mapping by then.
   */
  void close() {
    if (!unmapped) {
      HostMemory.munmap(first);
      unmapped = true;
    }
    unmapAdded();
  }
}
