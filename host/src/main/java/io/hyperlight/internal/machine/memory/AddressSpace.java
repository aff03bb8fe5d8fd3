package io.hyperlight.internal.machine.memory;

import static io.hyperlight.internal.machine.memory.Pages.PAGE_SIZE;

import io.hyperlight.internal.os.Checkpoint;
import java.util.List;

/**
 * The user half of a virtual address space: which addresses are mapped, to what memory, and with
 * what rights. The host keeps its own account of this ({@link MappingTable}), beside the page
 * tables that tell the processor the same.
 *
 * <p>A VM may have several address spaces, each with page tables of its own. Several mappings, in
 * one address space or in several, may hold the same pages ({@link #share}). A private mapping gets
 * a page of its own when guest code writes ({@link #resolveWrite}), and before the host writes.
 *
 * <p><b>Boundary.</b> Addresses and lengths that come from a guest enter the host here. {@link
 * #read}, {@link #readLong} and {@link #write} take any 64-bit values, check them against the
 * mappings with arithmetic that cannot overflow, and copy. No method returns a view of guest
 * memory.
 *
 * <p>Only one thread at a time may use it.
 */
public final class AddressSpace {
  /**
   * The first address that user code cannot have: the top of the canonical lower half, less one
   * guard page.
   */
  public static final long USER_END = MappingTable.USER_END;

  /** Returns whether user code may be at an address. It is never on the first page. */
  public static boolean isUserAddress(long address) {
    return address >= PhysicalMemory.PAGE_SIZE && address < USER_END;
  }

  private final PhysicalMemory memory;
  private final PageTables tables;
  private final MappingTable table;
  private final UserBytes bytes;
  private final GuestWords words;
  private final PageSharing sharing;
  private final FirstTouch touch;
  private final MappingChanges changes;

  /** Makes an address space with the mappings that the tables have for user code already. */
  public AddressSpace(PhysicalMemory memory, PageTables tables, List<Mapping> mappings) {
    this(memory, tables, mappings, Checkpoint.NONE);
  }

  /** Does the same for a guest whose calls can be ended while the host works for it here. */
  public AddressSpace(
      PhysicalMemory memory, PageTables tables, List<Mapping> mappings, Checkpoint checkpoint) {
    this.memory = memory;
    this.tables = tables;
    table = new MappingTable(mappings, checkpoint);
    sharing = new PageSharing(memory, tables, table, checkpoint);
    touch = new FirstTouch(memory, table, sharing, checkpoint);
    bytes = new UserBytes(memory, table, checkpoint);
    words = new GuestWords(this, bytes, touch, sharing);
    changes = new MappingChanges(memory, tables, table, sharing, checkpoint);
    memory.useCheckpoint(checkpoint);
  }

  /** Returns the page tables. */
  public PageTables tables() {
    return tables;
  }

  /** Returns all mappings, in an immutable list. */
  public List<Mapping> mappings() {
    return table.toList();
  }

  /** Restores earlier mappings, after the memory with the tables is restored. */
  public void restore(List<Mapping> earlier) {
    table.restore(earlier);
  }

  /** Returns how many bytes of guest memory are free. Page tables use this memory, too. */
  public long freeBytes() {
    return memory.freeBytes();
  }

  /**
   * Returns whether there is memory for all of a range now, and for page tables that lead there.
   */
  public boolean fits(long start, long sizeBytes) {
    return sizeBytes <= memory.sizeBytes()
        && memory.data().isFree(sizeBytes + PageTables.maximumTables(start, sizeBytes) * PAGE_SIZE);
  }

  /** Returns the size of all guest memory in bytes. */
  public long memoryBytes() {
    return memory.sizeBytes();
  }

  /** Returns whether all of a range are mappings of files, whose contents can be read again. */
  public boolean isOfFiles(long start, long sizeBytes) {
    return table.isCovered(
        start, sizeBytes, mapping -> mapping.source().kind() == MappingSource.Kind.FILE);
  }

  /**
   * Returns the number of mappings, however many parts of each have memory. Each costs the host
   * some memory of its own.
   */
  public int mappingCount() {
    return table.rangeCount();
  }

  /** Returns whether there is room for many more parts of mappings that have memory. */
  public boolean hasRoomForParts() {
    return table.size() < FirstTouch.MAXIMUM_MAPPINGS / 2;
  }

  /**
   * Maps zeroed memory for user code, or reserves addresses if the protection has no rights.
   *
   * @param start a multiple of the page size, above page 0
   * @param sizeBytes a positive multiple of the page size
   * @throws IllegalArgumentException if the range is not within user space, or not free
   * @throws GuestMemoryExhaustedException if there is not so much memory; nothing is mapped then
   */
  public void map(long start, long sizeBytes, Protection protection) {
    map(start, sizeBytes, protection, MappingSource.ANONYMOUS);
  }

  /**
   * Does the same for a mapping of a source.
   *
   * @param source of the range's first byte. A shared source has memory from the beginning,
   *     whatever the rights, since other mappings may get the same pages.
   */
  public void map(long start, long sizeBytes, Protection protection, MappingSource source) {
    requireRange(start, sizeBytes, isFree(start, sizeBytes));
    changes.map(start, sizeBytes, protection, source);
  }

  /**
   * Does the same, but the range gets no memory before it is touched. So it may be larger than all
   * memory.
   *
   * @param source if it is a file or a shared object, {@link #useFirstContents} knows its contents
   */
  public void mapUntouched(
      long start, long sizeBytes, Protection protection, MappingSource source) {
    requireRange(start, sizeBytes, isFree(start, sizeBytes));
    table.splice(
        start,
        start + sizeBytes,
        List.of(new Mapping(start, start + sizeBytes, Mapping.UNBACKED, protection, source)));
  }

  /** Sets what knows the first contents of mappings of files. */
  public void useFirstContents(FirstContents contents) {
    touch.useContents(contents);
  }

  /**
   * Gives memory to all of a range that has rights and no memory yet.
   *
   * @param start any value, as {@code sizeBytes}; what is not mapped stays so
   * @return false if the contents of a part cannot be read
   * @throws GuestMemoryExhaustedException if there is not so much; parts may have memory then
   */
  public boolean touch(long start, long sizeBytes) {
    return start < 0
        || start >= USER_END
        || sizeBytes <= 0
        || touch.touch(start, start + Math.min(sizeBytes, USER_END - start));
  }

  /**
   * Does the same, and makes the host back each page, so that {@link #resident} shows it.
   *
   * @throws GuestMemoryExhaustedException if there is not so much; parts may have memory then
   */
  public boolean populate(long start, long sizeBytes) {
    return touch(start, sizeBytes) && bytes.lookAt(start, start + sizeBytes);
  }

  /**
   * Takes the memory of a range away. Its private mappings contain what they contained when they
   * were mapped, and get memory again when they are touched. What shared mappings contain becomes
   * zeros.
   *
   * @throws IllegalArgumentException if the range is not within user space
   */
  public void forget(long start, long sizeBytes) {
    requireRange(start, sizeBytes, true);
    changes.forget(start, start + sizeBytes);
  }

  /**
   * Unmaps everything in a range. Its memory is free then, unless other mappings hold it.
   *
   * @param start a multiple of the page size
   * @param sizeBytes a positive multiple of the page size
   * @throws IllegalArgumentException if the range is not within user space
   */
  public void unmap(long start, long sizeBytes) {
    requireRange(start, sizeBytes, true);
    changes.unmap(start, start + sizeBytes);
  }

  /**
   * Maps a zeroed page for supervisor code, in all address spaces of the VM.
   *
   * @param address in the upper half, where other supervisor pages are
   * @return the guest-physical address
   * @throws GuestMemoryExhaustedException if there is no memory
   */
  public long mapSupervisor(long address, Protection protection) {
    memory.data().requireFree(PAGE_SIZE + PageTables.maximumTables(address, PAGE_SIZE) * PAGE_SIZE);
    long physical = memory.allocate(PAGE_SIZE);
    memory.noteTranslation(physical, PAGE_SIZE);
    tables.map(address, physical, PAGE_SIZE, protection, false);
    return physical;
  }

  /** Unmaps such a page, and frees it. */
  public void unmapSupervisor(long address, long physical) {
    memory.noteTranslation(physical, PAGE_SIZE);
    tables.clear(address, PAGE_SIZE);
    PageRanges page = new PageRanges();
    page.add(physical, physical + PAGE_SIZE);
    memory.data().free(page);
  }

  /** Unmaps everything. The tables then have no entry in the lower half. */
  void unmapAll() {
    unmap(PAGE_SIZE, USER_END - PAGE_SIZE);
  }

  /**
   * Changes the rights of user code to a range. The contents stay, even without any right.
   *
   * @throws IllegalArgumentException if not all of the range is mapped
   * @throws GuestMemoryExhaustedException if a part had no memory yet and there is not so much;
   *     nothing is changed then
   */
  public void protect(long start, long sizeBytes, Protection protection) {
    requireRange(start, sizeBytes, isTaken(start, sizeBytes));
    changes.protect(start, start + sizeBytes, protection, true);
  }

  /** Does the same, but parts that have no memory get it only when they are touched. */
  public void protectUntouched(long start, long sizeBytes, Protection protection) {
    requireRange(start, sizeBytes, isTaken(start, sizeBytes));
    changes.protect(start, start + sizeBytes, protection, false);
  }

  /**
   * Moves a mapped range with its memory to other addresses, which have to be free.
   *
   * @throws IllegalArgumentException if not all of the range is mapped, or not all of the target is
   *     free
   * @throws GuestMemoryExhaustedException if there is no room for page tables; nothing is changed
   *     then
   */
  public void move(long start, long sizeBytes, long target) {
    requireRange(start, sizeBytes, isTaken(start, sizeBytes));
    requireRange(target, sizeBytes, isFree(target, sizeBytes));
    changes.move(start, sizeBytes, target);
  }

  /**
   * Maps a mapped range of another address space of the same VM here, to the same pages. Writes to
   * a shared mapping are seen in both. Writes to a private mapping are seen only where they are
   * made: both hold the pages until one of them writes. A part without memory there has none here.
   *
   * @param from may be this one
   * @param start of the range in the other address space
   * @param target where it is to be here, which has to be free
   * @param protection the rights to all of it here
   * @throws IllegalArgumentException if not all of the range is mapped there, or not all of the
   *     target is free here
   * @throws GuestMemoryExhaustedException if there is not enough memory for the worst case: the
   *     page tables, and a page of its own for each page of a private mapping; nothing is mapped
   *     then
   */
  public void share(
      AddressSpace from, long start, long sizeBytes, long target, Protection protection) {
    share(from, start, sizeBytes, target, protection, false);
  }

  /**
   * Does the same, but private to this address space: of shared mappings, too, only writes that are
   * made here are seen here.
   */
  public void shareCopyOnWrite(
      AddressSpace from, long start, long sizeBytes, long target, Protection protection) {
    share(from, start, sizeBytes, target, protection, true);
  }

  private void share(
      AddressSpace from,
      long start,
      long sizeBytes,
      long target,
      Protection protection,
      boolean privately) {
    requireRange(start, sizeBytes, from.memory == memory && from.isTaken(start, sizeBytes));
    requireRange(target, sizeBytes, isFree(target, sizeBytes));
    changes.share(from.changes, start, sizeBytes, target, protection, privately);
  }

  /**
   * Handles the fault of guest code that has touched a page for the first time, or that has written
   * to a page of a writable mapping which other mappings hold, too. The mapping gets memory, or a
   * page of its own.
   *
   * @param address any value
   * @param write whether it was a write
   * @param execute whether it was the fetch of an instruction
   * @return false if the fault has another reason
   * @throws GuestMemoryExhaustedException if there is no memory for the page
   */
  public boolean resolve(long address, boolean write, boolean execute) {
    return touch.resolve(address, write, execute) || (write && resolveWrite(address));
  }

  /** Returns whether the page tables allow an access of user code now. */
  public boolean isReachable(long address, boolean write, boolean execute) {
    Mapping mapping = table.at(address);
    return mapping != null
        && mapping.isBacked()
        && tables.isPresent(address)
        && (!write || tables.isWritable(address))
        && (!execute || mapping.protection().executable());
  }

  /** Does the same for a write to a page that other mappings hold. */
  public boolean resolveWrite(long address) {
    return sharing.resolveWrite(address);
  }

  /**
   * Makes the page of an address permanently its own. Any mapping that shares it gets a copy at
   * once. This is for code that writes by the physical address, past this address space.
   *
   * @return the guest-physical address, which stays valid as long as it is mapped
   */
  public long pin(long virtualAddress) {
    touch(virtualAddress, 1);
    changes.pin(virtualAddress & -PAGE_SIZE);
    return physicalOf(virtualAddress);
  }

  /**
   * Fills all memory of a range with zeros. Sharers of a shared mapping see the zeros. Holders of
   * pages of a private one do not.
   */
  public void discard(long start, long sizeBytes) {
    requireRange(start, sizeBytes, true);
    changes.discard(start, start + sizeBytes);
  }

  /** Returns whether nothing is mapped or reserved in a range within user space. */
  public boolean isFree(long start, long sizeBytes) {
    return table.isFree(start, sizeBytes);
  }

  /** See {@link MappingTable#isTaken}. */
  public boolean isTaken(long start, long sizeBytes) {
    return table.isTaken(start, sizeBytes);
  }

  /** See {@link MappingTable#findFree}. */
  public long findFree(long sizeBytes, long from, long to) {
    return table.findFree(sizeBytes, from, to);
  }

  /** See {@link MappingTable#findFreeBelow}. */
  public long findFreeBelow(long sizeBytes, long from, long to) {
    return table.findFreeBelow(sizeBytes, from, to);
  }

  /** Returns whether a page has memory. */
  public boolean isBacked(long page) {
    Mapping mapping = table.at(page);
    return mapping != null && mapping.isBacked();
  }

  /** Returns the parts of a range that are taken and have no memory, in order. */
  public List<MappedRange> unbacked(long start, long sizeBytes) {
    return table.unbacked(start, sizeBytes);
  }

  /** Returns the first free address at or behind a taken one. */
  public long endOfTaken(long start) {
    return table.endOfTaken(start);
  }

  /**
   * Returns which pages of a range have been touched since they were mapped, one byte each: 1 if
   * so.
   *
   * @param start page-aligned
   */
  public byte[] resident(long start, int pages) {
    byte[] resident = new byte[pages];
    for (Mapping mapping : table.within(start, start + (long) pages * PAGE_SIZE)) {
      if (mapping.isBacked()) {
        memory.markResident(
            mapping.physical(),
            mapping.sizeBytes() / PAGE_SIZE,
            resident,
            (int) ((mapping.start() - start) / PAGE_SIZE));
      }
    }
    return resident;
  }

  /**
   * Returns how much memory of a range no other mapping holds, in bytes. Unmapping would free it.
   */
  public long backedBytes(long start, long sizeBytes) {
    return sharing.ownBytes(start, start + sizeBytes);
  }

  /** Returns whether no mapping goes on across an address. */
  public boolean isEdge(long address) {
    return table.isEdge(address);
  }

  /** Returns the rights to the parts of a range that are mapped or reserved, in order. */
  public List<Protection> protections(long start, long sizeBytes) {
    return table.protections(start, sizeBytes);
  }

  /** Returns what is mapped or reserved, for people: neighbours with equal rights are one range. */
  public List<MappedRange> ranges() {
    return table.ranges(0, USER_END);
  }

  /** Returns the same for a part of the address space. */
  public List<MappedRange> ranges(long start, long end) {
    return table.ranges(start, end);
  }

  /** See {@link MappingTable#takenBytes}. */
  public long takenBytes(long start, long end, boolean writable) {
    return table.takenBytes(start, end, writable);
  }

  /**
   * Returns the first address at or behind another one that is mapped or reserved, or -1 if there
   * is none.
   */
  public long nextTaken(long address) {
    return table.nextTaken(address);
  }

  /** See {@link MappingTable#rangeAt}. */
  public MappedRange rangeAt(long address, long end) {
    return table.rangeAt(address, end);
  }

  private static void requireRange(long start, long sizeBytes, boolean condition) {
    if (start < PAGE_SIZE
        || start % PAGE_SIZE != 0
        || sizeBytes <= 0
        || sizeBytes % PAGE_SIZE != 0
        || start >= USER_END
        || sizeBytes > USER_END - start
        || !condition) {
      throw new IllegalArgumentException("cannot map %d bytes at 0x%x".formatted(sizeBytes, start));
    }
  }

  /** Returns whether user code can read every byte of a range. The arguments may be any values. */
  public boolean isMapped(long guestAddress, long sizeBytes) {
    return table.isAccessible(guestAddress, sizeBytes, false);
  }

  /** Returns whether user code can write every byte of a range. The arguments may be any values. */
  public boolean isWritable(long guestAddress, long sizeBytes) {
    return table.isAccessible(guestAddress, sizeBytes, true);
  }

  /**
   * Returns whether user code can read, or write, all of a range. The arguments may be any values.
   */
  public boolean isAccessible(long guestAddress, long sizeBytes, boolean write) {
    return table.isAccessible(guestAddress, sizeBytes, write);
  }

  /**
   * Copies guest memory out that guest code itself could read.
   *
   * @param guestAddress any value; so is {@code length}
   * @throws GuestAddressException if not all of it can be read
   */
  public byte[] read(long guestAddress, long length) {
    if (length > Integer.MAX_VALUE - 8
        || !isMapped(guestAddress, length)
        || !bytes.isReadable(guestAddress, (int) length, touch)) {
      throw new GuestAddressException(guestAddress, length, false);
    }
    return bytes.read(guestAddress, (int) length);
  }

  /**
   * Copies one aligned eight-byte value out.
   *
   * @throws GuestAddressException if it is not mapped, or the address is not a multiple of eight
   */
  public long readLong(long guestAddress) {
    return bytes.readLong(guestAddress, touch);
  }

  /** Returns what reads and replaces single words. */
  public GuestWords words() {
    return words;
  }

  /**
   * Copies into guest memory that guest code itself could write.
   *
   * @throws GuestAddressException if not all of it is mapped writable, or there is no memory for
   *     it; nothing is written then
   */
  public void write(long guestAddress, byte[] source) {
    if (!prepareWrite(guestAddress, source.length)) {
      throw new GuestAddressException(guestAddress, source.length, true);
    }
    sharing.own(guestAddress, guestAddress + source.length, true);
    bytes.copyIn(guestAddress, source, 0, source.length);
  }

  /**
   * Gives memory to a range that is going to be written. Then {@link #write} does not fail.
   *
   * @param guestAddress any value, as {@code sizeBytes}
   * @return false if user code cannot write all of it, or there is no memory for it
   */
  public boolean prepareWrite(long guestAddress, long sizeBytes) {
    if (!isWritable(guestAddress, sizeBytes)) {
      return false;
    }
    try {
      return touch(guestAddress, sizeBytes);
    } catch (GuestMemoryExhaustedException e) {
      return false;
    }
  }

  /**
   * Writes the initial contents of memory, whatever rights guest code has to it.
   *
   * @throws GuestAddressException if not all of it has memory
   */
  public void initialise(long guestAddress, byte[] source, int from, int length) {
    if (!table.isCovered(guestAddress, length, Mapping::isBacked)) {
      throw new GuestAddressException(guestAddress, length, true);
    }
    sharing.own(guestAddress, guestAddress + length, true);
    bytes.copyIn(guestAddress, source, from, length);
  }

  /**
   * Copies memory out, whatever rights guest code has to it.
   *
   * @throws GuestAddressException if not all of it has memory
   */
  public void copyOut(long guestAddress, byte[] target, int length) {
    if (!table.isCovered(guestAddress, length, Mapping::isBacked)) {
      throw new GuestAddressException(guestAddress, length, false);
    }
    bytes.copyOut(guestAddress, target, length);
  }

  /** Returns the guest-physical address of a mapped page that the host itself has placed. */
  public long physicalOf(long virtualAddress) {
    return table.get(table.firstMappingEndingAfter(virtualAddress)).physicalOf(virtualAddress);
  }
}
