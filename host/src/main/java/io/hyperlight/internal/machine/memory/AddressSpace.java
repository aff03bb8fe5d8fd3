package io.hyperlight.internal.machine.memory;

import static io.hyperlight.internal.machine.memory.PhysicalMemory.PAGE_SIZE;

import io.hyperlight.internal.os.Checkpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

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
   * A range with equal rights on contiguous physical memory, or a reservation without any.
   *
   * @param start page-aligned, as are {@code end} and {@code physical}
   * @param physical {@link #UNBACKED} for addresses that are taken but have no memory yet, and no
   *     rights
   */
  public record Mapping(long start, long end, long physical, Protection protection) {
    public long physicalOf(long virtualAddress) {
      return physical + (virtualAddress - start);
    }

    boolean isBacked() {
      return physical != UNBACKED;
    }

    /** The part of it within a range. */
    Mapping within(long from, long to) {
      long cut = Math.max(start, from);
      return new Mapping(
          cut, Math.min(end, to), isBacked() ? physicalOf(cut) : UNBACKED, protection);
    }

    Mapping with(Protection changed) {
      return new Mapping(start, end, physical, changed);
    }

    /** Whether the other one begins where this ends, in all respects. */
    boolean isContinuedBy(Mapping next) {
      return end == next.start
          && protection == next.protection
          && (isBacked() ? next.isBacked() && physicalOf(end) == next.physical : !next.isBacked());
    }
  }

  public static final long UNBACKED = -1;

  private final PhysicalMemory memory;
  private final PageTables tables;
  private final Checkpoint checkpoint;

  /** Sorted by address, disjoint. Replaced, never changed: images share it. */
  private List<Mapping> mappings;

  /** With what the tables map for user code already. */
  public AddressSpace(PhysicalMemory memory, PageTables tables, List<Mapping> mappings) {
    this(memory, tables, mappings, Checkpoint.NONE);
  }

  /** As above, for a guest whose calls can be ended while the host works for it here. */
  public AddressSpace(
      PhysicalMemory memory, PageTables tables, List<Mapping> mappings, Checkpoint checkpoint) {
    this.memory = memory;
    this.tables = tables;
    this.checkpoint = checkpoint;
    this.mappings = List.copyOf(mappings);
    memory.useCheckpoint(checkpoint);
  }

  /** All that is mapped, in an immutable list. */
  public List<Mapping> mappings() {
    return mappings;
  }

  /** Goes back to earlier mappings, after the memory with the tables has gone back. */
  public void restore(List<Mapping> earlier) {
    mappings = earlier;
  }

  /** How many bytes of guest memory are not given out yet; page tables come out of it too. */
  public long freeBytes() {
    return memory.freeBytes();
  }

  /** How many ranges there are, each of which costs the host some memory of its own. */
  public int mappingCount() {
    return mappings.size();
  }

  /**
   * Maps zeroed memory for user code, or reserves addresses if it is to have no rights.
   *
   * @param start a multiple of the page size, above page 0
   * @param sizeBytes a positive multiple of the page size
   * @throws IllegalArgumentException if the range is not within user space, or not free
   * @throws GuestMemoryExhaustedException if there is not so much memory; nothing is mapped then
   */
  public void map(long start, long sizeBytes, Protection protection) {
    requireRange(start, sizeBytes, isFree(start, sizeBytes));
    if (protection == Protection.NONE) {
      splice(start, start + sizeBytes, List.of(reservation(start, start + sizeBytes)));
      return;
    }
    requireMemory(sizeBytes, PageTables.mostTables(start, sizeBytes));
    splice(start, start + sizeBytes, back(start, sizeBytes, protection));
  }

  private static Mapping reservation(long start, long end) {
    return new Mapping(start, end, UNBACKED, Protection.NONE);
  }

  /** Room for the tables too, in the worst case, before anything is taken. */
  private void requireMemory(long sizeBytes, long tableCount) {
    long wanted = sizeBytes + tableCount * PAGE_SIZE;
    if (wanted > memory.freeBytes()) {
      throw new GuestMemoryExhaustedException(wanted, memory.freeBytes(), memory.sizeBytes());
    }
  }

  /** Takes memory for a range and lets the tables lead to it. */
  private List<Mapping> back(long start, long sizeBytes, Protection protection) {
    List<Mapping> backed = new ArrayList<>();
    long at = start;
    for (PageRanges.Range piece : memory.allocatePieces(sizeBytes)) {
      Mapping mapping = new Mapping(at, at + piece.sizeBytes(), piece.start(), protection);
      enter(mapping);
      backed.add(mapping);
      at = mapping.end;
    }
    return backed;
  }

  /** Writes the entries of a backed mapping that had none. */
  private void enter(Mapping mapping) {
    if (mapping.protection != Protection.NONE) {
      // First: should something fail, a restore still forgets what is reached by these entries.
      memory.noteTranslation(mapping.physical, mapping.end - mapping.start);
      tables.map(
          mapping.start, mapping.physical, mapping.end - mapping.start, mapping.protection, true);
    }
  }

  /**
   * Unmaps whatever is mapped in a range; its memory is free again.
   *
   * @param start a multiple of the page size
   * @param sizeBytes a positive multiple of the page size
   * @throws IllegalArgumentException if the range is not within user space
   */
  public void unmap(long start, long sizeBytes) {
    requireRange(start, sizeBytes, true);
    long end = start + sizeBytes;
    List<Mapping> unmapped = within(start, end);
    PageRanges pages = pagesOf(unmapped);
    for (PageRanges.Range range : pages.toList(checkpoint)) {
      checkpoint.pass();
      memory.noteTranslation(range.start(), range.sizeBytes()); // first, as in enter()
    }
    splice(start, end, List.of());
    for (Mapping mapping : unmapped) {
      if (mapping.isBacked()) {
        tables.clear(mapping.start, mapping.end - mapping.start);
      }
    }
    memory.free(pages);
  }

  /** The memory of mappings, for all of which the host then does at once what has to be done. */
  private PageRanges pagesOf(List<Mapping> mappings) {
    PageRanges pages = new PageRanges();
    for (Mapping mapping : mappings) {
      checkpoint.pass();
      if (mapping.isBacked()) {
        pages.add(mapping.physical, mapping.physicalOf(mapping.end));
      }
    }
    return pages;
  }

  /**
   * Changes what user code may do with a range. Contents stay, also while it may do nothing.
   *
   * @throws IllegalArgumentException if not all of the range is mapped
   * @throws GuestMemoryExhaustedException if a part had no memory yet and there is not so much;
   *     nothing is changed then
   */
  public void protect(long start, long sizeBytes, Protection protection) {
    requireRange(start, sizeBytes, isTaken(start, sizeBytes));
    long end = start + sizeBytes;
    List<Mapping> before = within(start, end);
    if (protection != Protection.NONE) {
      long wanted = 0;
      long tableCount = 0;
      for (Mapping mapping : before) {
        checkpoint.pass();
        long size = mapping.end - mapping.start;
        wanted += mapping.isBacked() ? 0 : size;
        tableCount +=
            mapping.protection == Protection.NONE ? PageTables.mostTables(mapping.start, size) : 0;
      }
      requireMemory(wanted, tableCount);
    }
    List<Mapping> after = new ArrayList<>();
    List<Mapping> changed = new ArrayList<>();
    for (Mapping mapping : before) {
      checkpoint.pass();
      long size = mapping.end - mapping.start;
      if (mapping.protection == protection) {
        after.add(mapping);
      } else if (!mapping.isBacked()) {
        after.addAll(back(mapping.start, size, protection));
      } else {
        after.add(mapping.with(protection));
        if (mapping.protection == Protection.NONE) {
          enter(mapping.with(protection));
          continue;
        }
        memory.noteTranslation(mapping.physical, size); // first, as in enter()
        changed.add(mapping);
        if (protection == Protection.NONE) {
          tables.clear(mapping.start, size);
        } else {
          tables.map(mapping.start, mapping.physical, size, protection, true);
        }
      }
    }
    memory.forgetTranslations(pagesOf(changed));
    splice(start, end, after);
  }

  /**
   * Moves a mapped range with its memory to other addresses, which have to be free.
   *
   * @throws IllegalArgumentException if it is not all mapped, or not all free there
   * @throws GuestMemoryExhaustedException if there is no room for page tables; nothing is changed
   *     then
   */
  public void move(long start, long sizeBytes, long target) {
    requireRange(start, sizeBytes, isTaken(start, sizeBytes));
    requireRange(target, sizeBytes, isFree(target, sizeBytes));
    requireMemory(0, PageTables.mostTables(target, sizeBytes));
    long end = start + sizeBytes;
    List<Mapping> before = within(start, end);
    List<Mapping> after = new ArrayList<>();
    for (Mapping mapping : before) {
      checkpoint.pass();
      long size = mapping.end - mapping.start;
      long to = target + (mapping.start - start);
      Mapping moved = new Mapping(to, to + size, mapping.physical, mapping.protection);
      after.add(moved);
      if (mapping.isBacked()) {
        memory.noteTranslation(mapping.physical, size);
        tables.clear(mapping.start, size);
        enter(moved);
      }
    }
    memory.forgetTranslations(pagesOf(before));
    splice(start, end, List.of());
    splice(target, target + sizeBytes, after);
  }

  /** Makes whatever memory a range has zeros. */
  public void discard(long start, long sizeBytes) {
    requireRange(start, sizeBytes, true);
    memory.discard(pagesOf(within(start, start + sizeBytes)));
  }

  /** Whether nothing is mapped or reserved in a range within user space. */
  public boolean isFree(long start, long sizeBytes) {
    int at = firstMappingEndingAfter(start);
    return at == mappings.size() || mappings.get(at).start - start >= sizeBytes;
  }

  /**
   * Whether all of a range is mapped or reserved.
   *
   * @param start any value, as {@code sizeBytes}
   */
  public boolean isTaken(long start, long sizeBytes) {
    return isCovered(start, sizeBytes, _ -> true);
  }

  /**
   * The lowest free addresses for a range.
   *
   * @param from page-aligned, as are {@code to} and {@code sizeBytes}
   * @param to the range ends there at the latest
   * @return -1 if there is no such gap
   */
  public long findFree(long sizeBytes, long from, long to) {
    long gap = from;
    for (int at = firstMappingEndingAfter(from); at < mappings.size(); at++) {
      checkpoint.pass();
      Mapping mapping = mappings.get(at);
      if (mapping.start - gap >= sizeBytes) {
        break;
      }
      gap = Math.max(gap, mapping.end);
    }
    return gap <= to && sizeBytes <= to - gap ? gap : -1;
  }

  /** The parts of a range that are reserved and have no memory, in order. */
  public List<MappedRange> unbacked(long start, long sizeBytes) {
    return within(start, start + sizeBytes).stream()
        .filter(mapping -> !mapping.isBacked())
        .map(mapping -> new MappedRange(mapping.start, mapping.end, mapping.protection))
        .toList();
  }

  /** Where the first address at or behind a taken one is that is free. */
  public long endOfTaken(long start) {
    long end = start;
    for (int at = firstMappingEndingAfter(start);
        at < mappings.size() && mappings.get(at).start <= end;
        at++) {
      checkpoint.pass();
      end = mappings.get(at).end;
    }
    return end;
  }

  /**
   * Which pages of a range have been touched since they were mapped, one byte each: 1 if so.
   *
   * @param start page-aligned
   */
  public byte[] resident(long start, int pages) {
    byte[] resident = new byte[pages];
    for (Mapping mapping : within(start, start + (long) pages * PAGE_SIZE)) {
      if (mapping.isBacked()) {
        memory.markResident(
            mapping.physical,
            (mapping.end - mapping.start) / PAGE_SIZE,
            resident,
            (int) ((mapping.start - start) / PAGE_SIZE));
      }
    }
    return resident;
  }

  /** How much memory a range has, which would be free if it were unmapped. */
  public long backedBytes(long start, long sizeBytes) {
    return within(start, start + sizeBytes).stream()
        .filter(Mapping::isBacked)
        .mapToLong(mapping -> mapping.end - mapping.start)
        .sum();
  }

  /** Whether no mapping goes on across an address. */
  public boolean isEdge(long address) {
    int at = firstMappingEndingAfter(address);
    return at == mappings.size() || mappings.get(at).start >= address;
  }

  /** The rights to the parts of a range that are mapped or reserved, in order. */
  public List<Protection> protections(long start, long sizeBytes) {
    return within(start, start + sizeBytes).stream().map(Mapping::protection).toList();
  }

  private List<Mapping> within(long start, long end) {
    List<Mapping> parts = new ArrayList<>();
    for (int at = firstMappingEndingAfter(start);
        at < mappings.size() && mappings.get(at).start < end;
        at++) {
      checkpoint.pass();
      parts.add(mappings.get(at).within(start, end));
    }
    return parts;
  }

  /** Replaces what the account has for a range. */
  private void splice(long start, long end, List<Mapping> replacement) {
    List<Mapping> changed = new ArrayList<>(mappings.size() + 2 + replacement.size());
    int first = firstMappingEndingAfter(start);
    changed.addAll(mappings.subList(0, first));
    int next = first;
    if (next < mappings.size() && mappings.get(next).start < start) {
      changed.add(mappings.get(next).within(0, start));
    }
    for (Mapping mapping : replacement) {
      checkpoint.pass();
      append(changed, mapping);
    }
    while (next < mappings.size() && mappings.get(next).end <= end) {
      checkpoint.pass();
      next++;
    }
    if (next < mappings.size()) {
      Mapping behind = mappings.get(next);
      append(changed, behind.start < end ? behind.within(end, behind.end) : behind);
      changed.addAll(mappings.subList(next + 1, mappings.size()));
    }
    mappings = List.copyOf(changed);
  }

  private static void append(List<Mapping> list, Mapping mapping) {
    Mapping last = list.isEmpty() ? null : list.getLast();
    if (last != null && last.isContinuedBy(mapping)) {
      list.set(
          list.size() - 1, new Mapping(last.start, mapping.end, last.physical, last.protection));
    } else {
      list.add(mapping);
    }
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
   * Whether user code can read every byte of a range.
   *
   * @param guestAddress any value
   * @param sizeBytes any value; negative is never mapped
   */
  public boolean isMapped(long guestAddress, long sizeBytes) {
    return isAccessible(guestAddress, sizeBytes, false);
  }

  /**
   * Whether user code can write every byte of a range.
   *
   * @param guestAddress any value
   * @param sizeBytes any value; negative is never writable
   */
  public boolean isWritable(long guestAddress, long sizeBytes) {
    return isAccessible(guestAddress, sizeBytes, true);
  }

  /** What is mapped or reserved, for people: neighbours with equal rights are one range. */
  public List<MappedRange> ranges() {
    return ranges(0, USER_END);
  }

  /** The same for a part of the address space. */
  public List<MappedRange> ranges(long start, long end) {
    List<MappedRange> ranges = new ArrayList<>();
    for (Mapping mapping : within(start, end)) {
      checkpoint.pass();
      ranges.add(new MappedRange(mapping.start, mapping.end, mapping.protection));
    }
    return MappedRange.merge(ranges);
  }

  /**
   * How much of a range is mapped or reserved.
   *
   * @param writable whether only what can be written counts
   */
  public long takenBytes(long start, long end, boolean writable) {
    long bytes = 0;
    for (int at = firstMappingEndingAfter(start);
        at < mappings.size() && mappings.get(at).start < end;
        at++) {
      checkpoint.pass();
      Mapping mapping = mappings.get(at);
      if (!writable || mapping.protection.writable()) {
        bytes += Math.min(mapping.end, end) - Math.max(mapping.start, start);
      }
    }
    return bytes;
  }

  /** The first address that is mapped or reserved, from one on; -1 if there is none. */
  public long nextTaken(long address) {
    int at = firstMappingEndingAfter(address);
    return at == mappings.size() ? -1 : Math.max(mappings.get(at).start, address);
  }

  /**
   * What is mapped or reserved with equal rights, from an address on that is, up to another one.
   *
   * @param end behind the address
   */
  public MappedRange rangeAt(long address, long end) {
    int at = firstMappingEndingAfter(address);
    Protection protection = mappings.get(at).protection;
    long found = mappings.get(at).end;
    for (int next = at + 1; next < mappings.size() && found < end; next++) {
      checkpoint.pass();
      Mapping mapping = mappings.get(next);
      if (mapping.start != found || mapping.protection != protection) {
        break;
      }
      found = mapping.end;
    }
    return new MappedRange(address, Math.min(found, end), protection);
  }

  /** Whether user code can read, or write, all of a range; any values. */
  public boolean isAccessible(long guestAddress, long sizeBytes, boolean write) {
    return isCovered(
        guestAddress,
        sizeBytes,
        write
            ? mapping -> mapping.protection.writable()
            : mapping -> mapping.protection.readable());
  }

  private boolean isCovered(long guestAddress, long sizeBytes, Predicate<Mapping> condition) {
    if (guestAddress < 0 || sizeBytes < 0 || sizeBytes > USER_END - guestAddress) {
      return false;
    }
    long end = guestAddress + sizeBytes;
    int at = firstMappingEndingAfter(guestAddress);
    for (long covered = guestAddress; covered < end; at++) {
      if (at == mappings.size()) {
        return false;
      }
      checkpoint.pass();
      Mapping mapping = mappings.get(at);
      if (mapping.start > covered || !condition.test(mapping)) {
        return false;
      }
      covered = mapping.end;
    }
    return true;
  }

  /**
   * Copies guest memory out that guest code could read itself.
   *
   * @param guestAddress any value; so is {@code length}
   * @throws GuestAddressException if not all of it can be read
   */
  public byte[] read(long guestAddress, long length) {
    if (length > Integer.MAX_VALUE - 8 || !isAccessible(guestAddress, length, false)) {
      throw new GuestAddressException(guestAddress, length, false);
    }
    byte[] copy = new byte[(int) length];
    int at = firstMappingEndingAfter(guestAddress);
    for (int done = 0; done < copy.length; ) {
      Mapping mapping = mappings.get(at);
      long from = guestAddress + done;
      int part = part(mapping, from, copy.length - done);
      memory.get(mapping.physicalOf(from), copy, done, part);
      done += part;
      at += from + part == mapping.end ? 1 : 0;
    }
    return copy;
  }

  /**
   * Copies one aligned eight-byte value out.
   *
   * @throws GuestAddressException if it is not mapped, or the address not a multiple of eight
   */
  public long readLong(long guestAddress) {
    // No checkpoint: where a guest was is asked for when its call has been ended, too.
    int at = firstMappingEndingAfter(guestAddress);
    if ((guestAddress & 7) != 0
        || guestAddress < 0
        || at == mappings.size()
        || mappings.get(at).start > guestAddress
        || !mappings.get(at).protection.readable()) {
      throw new GuestAddressException(guestAddress, 8, false);
    }
    return memory.getLong(mappings.get(at).physicalOf(guestAddress));
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
   * @throws GuestAddressException if not all of it has memory
   */
  public void initialise(long guestAddress, byte[] source, int from, int length) {
    if (!isCovered(guestAddress, length, Mapping::isBacked)) {
      throw new GuestAddressException(guestAddress, length, true);
    }
    copyIn(guestAddress, source, from, length);
  }

  /**
   * Copies memory out, whatever rights guest code has to it.
   *
   * @throws GuestAddressException if not all of it has memory
   */
  public void copyOut(long guestAddress, byte[] target, int length) {
    if (!isCovered(guestAddress, length, Mapping::isBacked)) {
      throw new GuestAddressException(guestAddress, length, false);
    }
    int at = firstMappingEndingAfter(guestAddress);
    for (int done = 0; done < length; at++) {
      Mapping mapping = mappings.get(at);
      long from = guestAddress + done;
      int part = (int) Math.min(length - done, mapping.end - from);
      memory.get(mapping.physicalOf(from), target, done, part);
      done += part;
    }
  }

  private void copyIn(long guestAddress, byte[] source, int from, int length) {
    int at = firstMappingEndingAfter(guestAddress);
    for (int done = 0; done < length; ) {
      Mapping mapping = mappings.get(at);
      long to = guestAddress + done;
      int part = part(mapping, to, length - done);
      memory.put(mapping.physicalOf(to), source, from + done, part);
      done += part;
      at += to + part == mapping.end ? 1 : 0;
    }
  }

  /** How much of a copy is done in one go. */
  private int part(Mapping mapping, long from, int most) {
    int part = (int) Math.min(Math.min(most, Checkpoint.MOST_BYTES), mapping.end - from);
    checkpoint.passBytes(part);
    return part;
  }

  /** The physical address of a mapped page the host itself placed. */
  public long physicalOf(long virtualAddress) {
    return mappings.get(firstMappingEndingAfter(virtualAddress)).physicalOf(virtualAddress);
  }
}
