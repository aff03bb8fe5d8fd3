package io.hyperlight.internal.machine.memory;

import static io.hyperlight.internal.machine.memory.Pages.PAGE_SIZE;

import io.hyperlight.internal.os.Checkpoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Changes the mappings of an address space: its table of mappings, its page tables and the pages
 * that it holds, one after the other. The caller has checked the ranges.
 */
final class MappingChanges {
  private static final long[] NOTHING = {};

  private final PhysicalMemory memory;
  private final PageTables tables;
  private final MappingTable table;
  private final PageSharing sharing;
  private final Checkpoint checkpoint;

  /** Addresses of pages that are never shared. */
  private long[] pinned = NOTHING;

  MappingChanges(
      PhysicalMemory memory,
      PageTables tables,
      MappingTable table,
      PageSharing sharing,
      Checkpoint checkpoint) {
    this.memory = memory;
    this.tables = tables;
    this.table = table;
    this.sharing = sharing;
    this.checkpoint = checkpoint;
  }

  /** See {@link AddressSpace#map}. */
  void map(long start, long sizeBytes, Protection protection, MappingSource source) {
    Mapping reservation = Mapping.reservation(start, start + sizeBytes, source);
    if (protection == Protection.NONE && !source.isShared()) {
      table.splice(start, start + sizeBytes, List.of(reservation));
      return;
    }
    requireMemory(sizeBytes, PageTables.maximumTables(start, sizeBytes));
    table.splice(start, start + sizeBytes, back(reservation, protection));
  }

  /**
   * Checks that there is room for memory and for the tables in the worst case, before anything is
   * allocated.
   */
  private void requireMemory(long sizeBytes, long tableCount) {
    memory.data().requireFree(sizeBytes + tableCount * PAGE_SIZE);
  }

  /** Allocates memory for a range and writes the page-table entries that lead to it. */
  private List<Mapping> back(Mapping reservation, Protection protection) {
    List<Mapping> backed = new ArrayList<>();
    long at = reservation.start();
    for (PageRanges.Range piece : memory.data().allocatePieces(reservation.sizeBytes())) {
      Mapping mapping =
          new Mapping(
              at,
              at + piece.sizeBytes(),
              piece.start(),
              protection,
              reservation.source().from(at - reservation.start()));
      sharing.begin(mapping);
      enter(mapping);
      backed.add(mapping);
      at = mapping.end();
    }
    return backed;
  }

  /** Writes the entries of a backed mapping that had none. */
  private void enter(Mapping mapping) {
    if (mapping.protection() != Protection.NONE) {
      // First: if something fails, a restore still forgets the translations of these entries.
      memory.noteTranslation(mapping.physical(), mapping.sizeBytes());
      sharing.writeEntries(mapping);
    }
  }

  /** See {@link AddressSpace#unmap}. */
  void unmap(long start, long end) {
    List<Mapping> unmapped = table.within(start, end);
    for (PageRanges.Range range : pagesOf(unmapped).toList(checkpoint)) {
      checkpoint.pass();
      memory.noteTranslation(range.start(), range.sizeBytes()); // first, as in enter()
    }
    table.splice(start, end, List.of());
    for (Mapping mapping : unmapped) {
      if (mapping.isBacked()) {
        tables.clear(mapping.start(), mapping.sizeBytes());
      }
    }
    sharing.release(unmapped);
  }

  /** Returns the memory of mappings, so that the host can handle all of it at once. */
  private PageRanges pagesOf(List<Mapping> mappings) {
    PageRanges pages = new PageRanges();
    for (Mapping mapping : mappings) {
      checkpoint.pass();
      if (mapping.isBacked()) {
        pages.add(mapping.physical(), mapping.physicalOf(mapping.end()));
      }
    }
    return pages;
  }

  /**
   * See {@link AddressSpace#protect}.
   *
   * @param touched whether parts without memory get it at once
   */
  void protect(long start, long end, Protection protection, boolean touched) {
    List<Mapping> before = table.within(start, end);
    if (protection != Protection.NONE) {
      long wanted = 0;
      long tableCount = 0;
      for (Mapping mapping : before) {
        checkpoint.pass();
        long size = mapping.sizeBytes();
        wanted += mapping.isBacked() || !touched ? 0 : size;
        tableCount +=
            mapping.protection() == Protection.NONE && (touched || mapping.isBacked())
                ? PageTables.maximumTables(mapping.start(), size)
                : 0;
      }
      requireMemory(wanted, tableCount);
    }
    List<Mapping> after = new ArrayList<>();
    List<Mapping> changed = new ArrayList<>();
    for (Mapping mapping : before) {
      checkpoint.pass();
      if (mapping.protection() == protection) {
        after.add(mapping);
      } else if (!mapping.isBacked()) {
        if (touched && protection != Protection.NONE) {
          after.addAll(back(mapping, protection));
        } else {
          after.add(mapping.with(protection));
        }
      } else {
        after.add(mapping.with(protection));
        if (mapping.protection() == Protection.NONE) {
          enter(mapping.with(protection));
          continue;
        }
        memory.noteTranslation(mapping.physical(), mapping.sizeBytes()); // first, as in enter()
        changed.add(mapping);
        if (protection == Protection.NONE) {
          tables.clear(mapping.start(), mapping.sizeBytes());
        } else {
          sharing.writeEntries(mapping.with(protection));
        }
      }
    }
    memory.forgetTranslations(pagesOf(changed));
    table.splice(start, end, after);
  }

  /** See {@link AddressSpace#move}. */
  void move(long start, long sizeBytes, long target) {
    requireMemory(0, PageTables.maximumTables(target, sizeBytes));
    long end = start + sizeBytes;
    List<Mapping> before = table.within(start, end);
    List<Mapping> after = new ArrayList<>();
    for (Mapping mapping : before) {
      checkpoint.pass();
      Mapping moved = mapping.at(target + (mapping.start() - start));
      after.add(moved);
      if (mapping.isBacked()) {
        memory.noteTranslation(mapping.physical(), mapping.sizeBytes());
        tables.clear(mapping.start(), mapping.sizeBytes());
        enter(moved);
      }
    }
    memory.forgetTranslations(pagesOf(before));
    table.splice(start, end, List.of());
    table.splice(target, target + sizeBytes, after);
  }

  /**
   * See {@link AddressSpace#share}.
   *
   * @param privately whether of shared mappings, too, only writes that are made here are seen here
   */
  void share(
      MappingChanges from,
      long start,
      long sizeBytes,
      long target,
      Protection protection,
      boolean privately) {
    List<Mapping> originals = from.table.within(start, start + sizeBytes);
    List<Mapping> copies = new ArrayList<>();
    for (Mapping original : originals) {
      checkpoint.pass();
      MappingSource source = original.source();
      copies.add(
          new Mapping(
              target + (original.start() - start),
              target + (original.end() - start),
              original.physical(),
              original.isBacked() || original.isUntouched() ? protection : Protection.NONE,
              privately ? source.privately() : source));
    }
    requireMemory(
        sharing.promises(copies) * PAGE_SIZE, PageTables.maximumTables(target, sizeBytes));
    sharing.hold(copies);
    from.sharing.takeWriteAccess(originals);
    for (Mapping copy : copies) {
      if (copy.isBacked()) {
        enter(copy);
      }
    }
    table.splice(target, target + sizeBytes, copies);
    for (long page : from.pinned) {
      if (page >= start && page < start + sizeBytes) {
        sharing.own(target + (page - start), target + (page - start) + PAGE_SIZE, true);
        from.sharing.resolveWrite(page);
      }
    }
  }

  /** See {@link AddressSpace#pin}. */
  void pin(long page) {
    if (!isPinned(page)) {
      pinned = Arrays.copyOf(pinned, pinned.length + 1);
      pinned[pinned.length - 1] = page;
    }
    sharing.own(page, page + PAGE_SIZE, true);
  }

  private boolean isPinned(long page) {
    for (long other : pinned) {
      if (other == page) {
        return true;
      }
    }
    return false;
  }

  /** See {@link AddressSpace#forget}. */
  void forget(long start, long end) {
    List<Mapping> gone = new ArrayList<>();
    List<Mapping> zeroed = new ArrayList<>();
    List<Mapping> after = new ArrayList<>();
    for (Mapping mapping : table.within(start, end)) {
      checkpoint.pass();
      boolean stays = mapping.source().isShared() || hasPinned(mapping);
      after.add(stays ? mapping : mapping.withoutMemory());
      if (mapping.isBacked()) {
        (stays ? zeroed : gone).add(mapping);
      }
    }
    for (PageRanges.Range range : pagesOf(gone).toList(checkpoint)) {
      checkpoint.pass();
      memory.noteTranslation(range.start(), range.sizeBytes()); // first, as in enter()
    }
    table.splice(start, end, after);
    for (Mapping mapping : gone) {
      tables.clear(mapping.start(), mapping.sizeBytes());
    }
    sharing.release(gone);
    for (Mapping mapping : zeroed) {
      discard(mapping.start(), mapping.end());
    }
  }

  private boolean hasPinned(Mapping mapping) {
    for (long page : pinned) {
      if (page >= mapping.start() && page < mapping.end()) {
        return true;
      }
    }
    return false;
  }

  /** See {@link AddressSpace#discard}. */
  void discard(long start, long end) {
    sharing.own(start, end, false);
    memory.data().discard(pagesOf(table.within(start, end)));
  }
}
