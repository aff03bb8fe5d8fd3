package io.hyperlight.vm;

import static io.hyperlight.vm.PhysicalMemory.PAGE_SIZE;

import java.util.ArrayList;
import java.util.List;

/**
 * The user half of a guest's virtual address space: which addresses are mapped, to what memory,
 * with what rights. The host's own account of it, beside the page tables that tell the processor
 * the same.
 *
 * <p><b>Boundary.</b> Addresses and lengths that come from a guest enter the host here. {@link
 * #read}, {@link #readLong} and {@link #write} take any 64-bit values, check them against the
 * mappings with arithmetic that cannot overflow, and copy. Nothing hands out a view of guest
 * memory.
 *
 * <p>For one thread at a time.
 */
public final class AddressSpace {
  /**
   * The first address that user code may not have: the top of the canonical lower half, less one
   * guard page.
   */
  public static final long USER_END = 0x7fff_ffff_f000L;

  /**
   * A range with equal rights on contiguous physical memory.
   *
   * @param start page-aligned, as are {@code end} and {@code physical}
   */
  record Mapping(long start, long end, long physical, Protection protection) {
    long physicalOf(long virtualAddress) {
      return physical + (virtualAddress - start);
    }
  }

  private final PhysicalMemory memory;
  private final PageTables tables;

  /** Sorted by address, disjoint. Replaced, never changed: images share it. */
  private List<Mapping> mappings;

  /** With what the tables map for user code already. */
  AddressSpace(PhysicalMemory memory, PageTables tables, List<Mapping> mappings) {
    this.memory = memory;
    this.tables = tables;
    this.mappings = List.copyOf(mappings);
  }

  /** All that is mapped, in an immutable list. */
  List<Mapping> mappings() {
    return mappings;
  }

  /** Goes back to earlier mappings, after the memory with the tables has gone back. */
  void restore(List<Mapping> earlier) {
    mappings = earlier;
  }

  /** How many bytes of guest memory are not given out yet; page tables come out of it too. */
  public long freeBytes() {
    return memory.freeBytes();
  }

  /**
   * Maps zeroed memory for user code.
   *
   * @param start a multiple of the page size, above page 0
   * @param sizeBytes a positive multiple of the page size
   * @throws IllegalArgumentException if the range is not within user space, or not free
   * @throws GuestMemoryExhaustedException if there is not so much memory; nothing is mapped then
   */
  public void map(long start, long sizeBytes, Protection protection) {
    requireArgument(
        start >= PAGE_SIZE && start % PAGE_SIZE == 0 && sizeBytes > 0 && sizeBytes % PAGE_SIZE == 0,
        start,
        sizeBytes);
    requireArgument(start < USER_END && sizeBytes <= USER_END - start, start, sizeBytes);
    int at = firstMappingEndingAfter(start);
    requireArgument(
        at == mappings.size() || mappings.get(at).start >= start + sizeBytes, start, sizeBytes);
    // Room for the tables too, in the worst case, before anything is taken.
    long wanted = sizeBytes + PageTables.mostTables(start, sizeBytes) * PAGE_SIZE;
    if (wanted > memory.freeBytes()) {
      throw new GuestMemoryExhaustedException(
          wanted, memory.freeBytes(), memory.segment().byteSize());
    }
    long physical = memory.allocate(sizeBytes);
    tables.map(start, physical, sizeBytes, protection, true);
    insert(at, new Mapping(start, start + sizeBytes, physical, protection));
  }

  private void insert(int at, Mapping mapping) {
    List<Mapping> changed = new ArrayList<>(mappings);
    Mapping before = at > 0 ? mappings.get(at - 1) : null;
    if (before != null
        && before.end == mapping.start
        && before.protection == mapping.protection
        && before.physicalOf(before.end) == mapping.physical) {
      changed.set(
          at - 1, new Mapping(before.start, mapping.end, before.physical, before.protection));
    } else {
      changed.add(at, mapping);
    }
    mappings = List.copyOf(changed);
  }

  private static void requireArgument(boolean condition, long start, long sizeBytes) {
    if (!condition) {
      throw new IllegalArgumentException("cannot map %d bytes at 0x%x".formatted(sizeBytes, start));
    }
  }

  private int firstMappingEndingAfter(long virtualAddress) {
    int low = 0;
    int high = mappings.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (mappings.get(middle).end > virtualAddress) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  /**
   * Whether every byte of a range is mapped for user code.
   *
   * @param guestAddress any value
   * @param sizeBytes any value; negative is never mapped
   */
  public boolean isMapped(long guestAddress, long sizeBytes) {
    return isAccessible(guestAddress, sizeBytes, false);
  }

  private boolean isAccessible(long guestAddress, long sizeBytes, boolean write) {
    if (guestAddress < 0 || sizeBytes < 0 || sizeBytes > USER_END - guestAddress) {
      return false;
    }
    long end = guestAddress + sizeBytes;
    int at = firstMappingEndingAfter(guestAddress);
    for (long covered = guestAddress; covered < end; at++) {
      if (at == mappings.size()) {
        return false;
      }
      Mapping mapping = mappings.get(at);
      if (mapping.start > covered || (write && !mapping.protection.writable())) {
        return false;
      }
      covered = mapping.end;
    }
    return true;
  }

  /**
   * Copies guest memory out.
   *
   * @param guestAddress any value; so is {@code length}
   * @throws GuestAddressException if not all of it is mapped
   */
  public byte[] read(long guestAddress, long length) {
    if (length > Integer.MAX_VALUE - 8 || !isAccessible(guestAddress, length, false)) {
      throw new GuestAddressException(guestAddress, length, false);
    }
    byte[] copy = new byte[(int) length];
    int at = firstMappingEndingAfter(guestAddress);
    for (int done = 0; done < copy.length; at++) {
      Mapping mapping = mappings.get(at);
      long from = guestAddress + done;
      int part = (int) Math.min(copy.length - done, mapping.end - from);
      memory.get(mapping.physicalOf(from), copy, done, part);
      done += part;
    }
    return copy;
  }

  /**
   * Copies one aligned eight-byte value out.
   *
   * @throws GuestAddressException if it is not mapped, or the address not a multiple of eight
   */
  public long readLong(long guestAddress) {
    if ((guestAddress & 7) != 0 || !isAccessible(guestAddress, 8, false)) {
      throw new GuestAddressException(guestAddress, 8, false);
    }
    return memory.getLong(
        mappings.get(firstMappingEndingAfter(guestAddress)).physicalOf(guestAddress));
  }

  /**
   * Copies into guest memory that guest code could write itself.
   *
   * @throws GuestAddressException if not all of it is mapped writable; nothing is written then
   */
  public void write(long guestAddress, byte[] source) {
    if (!isAccessible(guestAddress, source.length, true)) {
      throw new GuestAddressException(guestAddress, source.length, true);
    }
    copyIn(guestAddress, source, 0, source.length);
  }

  /**
   * Writes the initial contents of memory, whatever rights guest code has to it.
   *
   * @throws GuestAddressException if not all of it is mapped
   */
  public void initialise(long guestAddress, byte[] source, int from, int length) {
    if (!isAccessible(guestAddress, length, false)) {
      throw new GuestAddressException(guestAddress, length, true);
    }
    copyIn(guestAddress, source, from, length);
  }

  private void copyIn(long guestAddress, byte[] source, int from, int length) {
    int at = firstMappingEndingAfter(guestAddress);
    for (int done = 0; done < length; at++) {
      Mapping mapping = mappings.get(at);
      long to = guestAddress + done;
      int part = (int) Math.min(length - done, mapping.end - to);
      memory.put(mapping.physicalOf(to), source, from + done, part);
      done += part;
    }
  }

  /** The physical address of a mapped page the host itself placed. */
  long physicalOf(long virtualAddress) {
    return mappings.get(firstMappingEndingAfter(virtualAddress)).physicalOf(virtualAddress);
  }
}
