package io.hyperlight.internal.machine.memory;

import static io.hyperlight.internal.machine.memory.PhysicalMemory.PAGE_SIZE;

import io.hyperlight.internal.os.Checkpoint;
import java.util.ArrayList;
import java.util.List;

/**
 * Gives memory to mappings that have rights and no memory yet, when somebody touches them.
 *
 * <p>A touch gives memory to the pages around it, too, since each touch of a guest is an exit. At
 * least {@link #LEAST} bytes get memory. If the touched page continues a part that has memory, in
 * either direction, as much again gets memory as that part has, up to {@link #MOST}. So a guest
 * that goes through its memory makes few exits, and one that touches pages here and there takes
 * little memory. There is no state in this beside the mappings: what a restore resets is enough.
 *
 * <p>Each part is a mapping of its own in the {@link MappingTable}, unless its memory continues its
 * neighbour's. The more mappings there are, the larger the least part is. So their number is
 * limited ({@link #MAXIMUM_MAPPINGS}).
 */
final class FirstTouch {
  /** What a KVM that shadows page tables maps at one of its own faults: eight aligned pages. */
  static final long LEAST = 8L * PAGE_SIZE;

  /** Reading as much takes less time than an exit. */
  static final long LEAST_OF_FILE = 64L * PAGE_SIZE;

  /** What one table of the last level maps. */
  static final long MOST = 512L * PAGE_SIZE;

  /** If less than this is free, a touch gives memory only to what is touched. */
  static final long SCARCE = 4 * MOST;

  /** The number of mappings from which the least part doubles, and doubles again at its double. */
  private static final int MANY = 8192;

  /** The number of mappings from which a touch is refused that would make more of them. */
  static final int MAXIMUM_MAPPINGS = 1 << 18;

  private final PhysicalMemory memory;
  private final MappingTable table;
  private final PageSharing sharing;
  private final Checkpoint checkpoint;

  private FirstContents contents = FirstContents.ZEROS;

  FirstTouch(
      PhysicalMemory memory, MappingTable table, PageSharing sharing, Checkpoint checkpoint) {
    this.memory = memory;
    this.table = table;
    this.sharing = sharing;
    this.checkpoint = checkpoint;
  }

  void useContents(FirstContents ofMappings) {
    contents = ofMappings;
  }

  /**
   * Handles a fault of guest code.
   *
   * @param address any value
   * @return false if the fault has another reason than that the page has no memory yet
   * @throws GuestMemoryExhaustedException if there is no memory for it
   */
  boolean resolve(long address, boolean write, boolean execute) {
    Mapping mapping = table.at(address);
    if (mapping == null || !mapping.isUntouched()) {
      return false;
    }
    Protection rights = mapping.protection();
    if ((write && !rights.writable()) || (execute && !rights.executable())) {
      return false;
    }
    long page = address & -PAGE_SIZE;
    return giveMemory(mapping, page, page + PAGE_SIZE);
  }

  /**
   * Gives memory to all of a range that has rights and no memory yet.
   *
   * @param start any address, as {@code end}, of a range within user space
   * @return false if the contents of a part cannot be read; it has no memory then
   * @throws GuestMemoryExhaustedException if there is not so much
   */
  boolean touch(long start, long end) {
    if (table.isBacked(start, end)) {
      return true; // most ranges are
    }
    long from = start & -PAGE_SIZE;
    long to = Pages.alignUp(end);
    for (Mapping part : table.within(from, to)) {
      Mapping mapping = table.at(part.start());
      // A touch gives memory to pages around it. So the next part may have it by now.
      if (mapping == null || !mapping.isUntouched()) {
        continue;
      }
      for (long at = part.start(); at < part.end(); at = endOfMemory(at)) {
        checkpoint.pass();
        Mapping rest = table.at(at);
        if (rest != null
            && rest.isUntouched()
            && !giveMemory(rest, at, Math.min(part.end(), at + MOST))) {
          return false;
        }
      }
    }
    return true;
  }

  /** Returns the end of the mapping at an address. */
  private long endOfMemory(long address) {
    Mapping mapping = table.at(address);
    return mapping == null ? address + PAGE_SIZE : mapping.end();
  }

  /**
   * Gives memory to a part of a mapping, and to what is around it.
   *
   * @param from page-aligned, as {@code to}
   */
  private boolean giveMemory(Mapping mapping, long from, long to) {
    if (table.size() >= MAXIMUM_MAPPINGS) {
      throw memory.data().exhausted(to - from);
    }
    Mapping around = around(mapping, from, to);
    if (!memory.data().isFree(cost(around))) {
      around = mapping.within(from, to);
      memory.data().requireFree(cost(around));
    }
    return around.source().isShared() ? shareMemory(around) : giveMemory(around);
  }

  /** Gives memory to a part of a shared object: the pages of other mappings, if they have any. */
  private boolean shareMemory(Mapping part) {
    long end;
    for (long at = part.start(); at < part.end(); at = end) {
      checkpoint.pass();
      end = at + PAGE_SIZE;
      long sharer = contents.sharer(at);
      Mapping other = sharer < 0 ? null : table.at(sharer);
      if (other != null && other.isBacked()) {
        List<Mapping> page = List.of(part.within(at, end).on(other.physicalOf(sharer)));
        sharing.hold(page);
        table.splice(at, end, page);
        enter(page);
        continue;
      }
      while (end < part.end() && contents.sharer(end) < 0) {
        checkpoint.pass();
        end += PAGE_SIZE;
      }
      if (!giveMemory(part.within(at, end))) {
        return false;
      }
    }
    return true;
  }

  private static long cost(Mapping part) {
    long tables = PageTables.maximumTables(part.start(), part.sizeBytes());
    return part.sizeBytes() + tables * PAGE_SIZE;
  }

  private Mapping around(Mapping mapping, long from, long to) {
    if (memory.data().freeBytes() < SCARCE) {
      return mapping.within(from, to);
    }
    long least = mapping.source().kind() == MappingSource.Kind.FILE ? LEAST_OF_FILE : LEAST;
    for (int many = MANY; table.size() >= many && least < MOST; many *= 2) {
      least *= 2;
    }
    long start = Math.max(mapping.start(), from & -least);
    long end = Math.min(mapping.end(), (to + least - 1) & -least);
    if (start == mapping.start()) {
      end = Math.max(end, Math.min(mapping.end(), start + table.backedBefore(start, MOST)));
    }
    if (end == mapping.end()) {
      start = Math.min(start, Math.max(mapping.start(), end - table.backedFrom(end, MOST)));
    }
    return mapping.within(start, end);
  }

  /** Gives memory to all of a part. */
  private boolean giveMemory(Mapping part) {
    List<Mapping> backed = new ArrayList<>();
    long at = part.start();
    for (PageRanges.Range piece : memory.data().allocatePieces(part.sizeBytes())) {
      long end = at + piece.sizeBytes();
      backed.add(part.within(at, end).on(piece.start()));
      at = end;
    }
    table.splice(part.start(), part.end(), backed);
    backed.forEach(sharing::begin);
    if (part.source().kind() != MappingSource.Kind.ANONYMOUS
        && !contents.fill(part.start(), part.end())) {
      table.splice(part.start(), part.end(), List.of(part));
      sharing.release(backed);
      return false;
    }
    enter(backed); // last: no guest code sees a page before its contents are there
    return true;
  }

  private void enter(List<Mapping> backed) {
    for (Mapping mapping : backed) {
      memory.noteTranslation(mapping.physical(), mapping.sizeBytes());
      sharing.writeEntries(mapping);
    }
  }
}
