package io.hyperlight.internal.machine.memory;

import static io.hyperlight.internal.machine.memory.PhysicalLayout.DATA_START;

import io.hyperlight.internal.hypervisor.DirtyTracker;
import io.hyperlight.internal.hypervisor.VirtualMachine;
import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.HostMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The guest-physical memory of a VM. It is empty, or a copy-on-write view of a {@link MemoryImage}.
 * It has data pages ({@link DataPages}) and pages for page tables ({@link TablePages}), which count
 * against the same size. The host needs memory for a page when the page is first touched.
 *
 * <p>Several mappings, of one address space or several, may hold a data page. It is free when the
 * last one has released it.
 *
 * <p>Code that changes the entries which lead to a page calls {@link #noteTranslation} and {@link
 * #forgetTranslations}. Otherwise a processor, or a hypervisor that shadows page tables, would keep
 * using translations that it has seen.
 *
 * <p>Every write of the host into guest memory goes through this class, so it knows all of them.
 */
public final class PhysicalMemory implements AutoCloseable {
  /** The size of a page in bytes. */
  public static final int PAGE_SIZE = Pages.PAGE_SIZE;

  private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();
  private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();

  private final PhysicalLayout layout;
  private final MemoryRegions regions;

  /** The first region, where all data is. */
  private final MemorySegment first;

  private final TablePages tables;
  private final DataPages data;
  private final @Nullable MemoryRestorer restorer;

  /** Ends the work that a guest makes the host do for its memory. */
  private Checkpoint checkpoint = Checkpoint.NONE;

  private boolean closed;

  /** Makes empty memory that cannot be restored. */
  public PhysicalMemory(long sizeBytes) {
    layout = PhysicalLayout.ofSize(sizeBytes);
    MemorySegment reserved = MemoryRegions.reserve(layout.dataEnd());
    try {
      HostMemory.keepOutOfDumps(reserved);
      first = reserved;
      regions = new MemoryRegions(reserved);
      tables = new TablePages(regions, layout, null);
      data = new DataPages(regions, tables, layout, null);
    } catch (Throwable t) {
      HostMemory.munmap(reserved);
      throw t;
    }
    restorer = null;
  }

  /**
   * Makes memory with the contents of an image.
   *
   * @param image with a user counted for this memory; it is released when this memory is closed, or
   *     if this fails
   */
  public PhysicalMemory(MemoryImage image) {
    MemorySegment reserved = null;
    try {
      layout = PhysicalLayout.ofSize(image.memorySizeBytes());
      reserved =
          MemoryRegions.reserve(layout.dataEnd() + TablePages.sizeBehindData(image.tableCount()));
      image.mapInto(reserved);
      // Last: pages that are mapped over the reserved memory are dumped again.
      HostMemory.keepOutOfDumps(reserved);
      first = reserved;
      regions = new MemoryRegions(reserved);
      restorer = new MemoryRestorer(image, regions);
      tables = new TablePages(regions, layout, restorer);
      data = new DataPages(regions, tables, layout, restorer);
    } catch (Throwable t) {
      try {
        if (reserved != null) {
          HostMemory.munmap(reserved);
        }
      } finally {
        image.release();
      }
      throw t;
    }
  }

  /** Returns the memory of a VM's first slot: tables and data, from guest-physical address 0 on. */
  public MemorySegment segment() {
    return regions.first();
  }

  /** Returns the size of data and page tables together, in bytes. */
  public long sizeBytes() {
    return layout.sizeBytes();
  }

  /** Returns how many bytes can be allocated, in pieces that may be small. */
  public long freeBytes() {
    return data.freeBytes();
  }

  /**
   * Returns the maximum of the data that was in use plus the present size of the tables, in bytes.
   */
  public long usedBytes() {
    return data.end() - DATA_START + (long) tables.count() * PAGE_SIZE;
  }

  /**
   * Allocates contiguous zeroed pages.
   *
   * @param sizeBytes a multiple of the page size
   * @return the guest-physical address of the first
   * @throws GuestMemoryExhaustedException if so much is not free in one piece
   */
  public long allocate(long sizeBytes) {
    return data.allocate(sizeBytes);
  }

  DataPages data() {
    return data;
  }

  /**
   * Allocates a page table without entries.
   *
   * @throws GuestMemoryExhaustedException if nothing is free
   */
  PageTable allocateTable() {
    data.requireFree(PAGE_SIZE);
    return tables.allocate();
  }

  TablePages tables() {
    return tables;
  }

  /** Retires the tables of an address space that was removed. No vCPU runs. */
  void retire(PageTables gone) {
    gone.retire();
    if (tables.hasManyRetired()) {
      if (restorer != null) {
        restorer.makeRoom(); // otherwise pages that a dirty log has found would be lost
      }
      tables.forgetRetired();
    }
  }

  /** Records that new entries lead to pages, beside or instead of others, or as the first. */
  void noteTranslation(long physicalAddress, long sizeBytes) {
    if (restorer != null) {
      restorer.translated(physicalAddress, sizeBytes);
    }
  }

  /** Makes the hypervisor forget the translations to pages whose entries have changed. */
  void forgetTranslations(PageRanges pages) {
    data.forgetTranslations(pages);
  }

  /**
   * Copies the contents into an image. The caller is its first user.
   *
   * @param roots of all page tables; {@link #imageRoot} returns them in the image
   */
  public MemoryImage freeze(List<PageTable> roots) {
    return freeze(roots, sizeBytes());
  }

  /**
   * Does the same as {@link #freeze(List)} for machines that have less memory.
   *
   * @param sizeBytes at least {@link #usedBytes}
   */
  public MemoryImage freeze(List<PageTable> roots, long sizeBytes) {
    PhysicalLayout ofImage = PhysicalLayout.ofSize(sizeBytes);
    TableCopies copies = new TableCopies(tables, roots, ofImage);
    try (MemoryImage.Writer writer =
        new MemoryImage.Writer(
            ofImage,
            data.end(),
            copies.count(),
            data.freePages().toList(),
            data.holders().toArray())) {
      copies.write(writer);
      copies.free(); // here, because nothing may fail after the end
      writeData(writer);
      return writer.finish();
    } finally {
      copies.free();
    }
  }

  private void writeData(MemoryImage.Writer writer) {
    long first = DATA_START / PAGE_SIZE;
    long end = data.end() / PAGE_SIZE;
    PageBitmap touched = new PageBitmap(end);
    TouchedPages.forEach(
        regions.first().asSlice(DATA_START),
        end - first,
        (from, to) -> {
          for (long page = from; page < to; page++) {
            touched.add(first + page);
          }
        });
    long runStart = first;
    for (long page = first; page <= end; page++) {
      if (page == end || !data.mayHaveContents(page, touched)) {
        if (page > runStart) {
          writer.write(
              runStart * PAGE_SIZE,
              regions.slice(runStart * PAGE_SIZE, (page - runStart) * PAGE_SIZE));
        }
        runStart = page + 1;
      }
    }
  }

  /**
   * Returns a root of the image's page tables.
   *
   * @param index of the root among those that were frozen
   */
  public PageTable imageRoot(int index) {
    return tables.ofImage(index);
  }

  /** Writes 1 for each page for which the host has memory. */
  void markResident(long physicalAddress, long pages, byte[] target, int from) {
    long first = physicalAddress / PAGE_SIZE;
    for (long page = 0; restorer != null && page < pages; page++) {
      target[from + (int) page] = (byte) (restorer.image().isPresent(first + page) ? 1 : 0);
    }
    TouchedPages.forEach(
        regions.slice(physicalAddress, pages * PAGE_SIZE),
        pages,
        (start, end) -> Arrays.fill(target, from + (int) start, from + (int) end, (byte) 1));
  }

  /** Sets the checkpoint that ends work which a guest makes the host do here. */
  public void useCheckpoint(Checkpoint ofVm) {
    checkpoint = ofVm;
    data.useCheckpoint(ofVm);
  }

  Checkpoint checkpoint() {
    return checkpoint;
  }

  /**
   * Makes all of it the memory of a new VM.
   *
   * @param tracked whether a dirty tracker is to see what the guest writes
   */
  public void attachTo(VirtualMachine vm, boolean tracked) {
    regions.attachTo(vm, tracked);
  }

  /** Sets the tracker of the guest's writes, for memory that has an image. */
  public void trackBy(DirtyTracker tracker) {
    restorer().trackBy(tracker);
  }

  /** Collects the pages that the guest has written, and rearms the tracker. */
  public void makeRoomForTracker() {
    restorer().makeRoom();
  }

  /** Returns whether {@link #restore} would find all changes. */
  public boolean canBeRestored() {
    return restorer != null && restorer.isComplete();
  }

  /** Restores the image: contents, tables, and which pages are in use. */
  public void restore() {
    restorer().restore(data.end());
    tables.restore(); // after the pages that a dirty log has found are collected
    data.restore(restorer().image());
  }

  /** Returns the restorer of memory that has an image. */
  MemoryRestorer restorer() {
    if (restorer == null) {
      throw new IllegalStateException("this memory has no image");
    }
    return restorer;
  }

  private void wrote(long physicalAddress, long length) {
    if (restorer != null) {
      restorer.wrote(physicalAddress, length);
    }
  }

  /** A number in data, aligned. Each call asks several times. */
  public long getLong(long physicalAddress) {
    return first.get(ValueLayout.JAVA_LONG, physicalAddress);
  }

  /** Likewise. */
  public void putLong(long physicalAddress, long value) {
    if (restorer != null) {
      restorer.wroteWithin(physicalAddress);
    }
    first.set(ValueLayout.JAVA_LONG, physicalAddress, value);
  }

  /**
   * Writes an aligned number in data, in one access: after all earlier writes, and before anything
   * that follows.
   */
  public void putLongOrdered(long physicalAddress, long value) {
    if (restorer != null) {
      restorer.wroteWithin(physicalAddress);
    }
    LONG.setVolatile(first, physicalAddress, value);
  }

  /** Returns an aligned number in data, in one access. */
  int getInt(long physicalAddress) {
    return (int) INT.getVolatile(first, physicalAddress);
  }

  /**
   * Replaces an aligned number in data, in one access.
   *
   * @return false if the number was another one than expected
   */
  boolean compareAndSetInt(long physicalAddress, int expected, int next) {
    if (restorer != null) {
      restorer.wroteWithin(physicalAddress);
    }
    return INT.compareAndSet(first, physicalAddress, expected, next);
  }

  /** Writes an aligned number in data, in one access. */
  void setInt(long physicalAddress, int value) {
    if (restorer != null) {
      restorer.wroteWithin(physicalAddress);
    }
    INT.setVolatile(first, physicalAddress, value);
  }

  /** Does the same with eight bytes. */
  void setLong(long physicalAddress, long value) {
    if (restorer != null) {
      restorer.wroteWithin(physicalAddress);
    }
    LONG.setVolatile(first, physicalAddress, value);
  }

  public void put(long physicalAddress, byte[] source, int from, int length) {
    wrote(physicalAddress, length);
    regions.put(physicalAddress, source, from, length);
  }

  public void get(long physicalAddress, byte[] target, int from, int length) {
    regions.get(physicalAddress, target, from, length);
  }

  /** Copies a page. */
  void copyPage(long from, long to) {
    wrote(to, PAGE_SIZE);
    regions.copy(from, to, PAGE_SIZE);
  }

  @Override
  public void close() {
    regions.close();
    if (!closed) {
      closed = true;
      if (restorer != null) {
        restorer.close();
      }
    }
  }
}
