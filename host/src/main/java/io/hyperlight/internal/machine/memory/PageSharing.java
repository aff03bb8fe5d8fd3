package io.hyperlight.internal.machine.memory;

import static io.hyperlight.internal.machine.memory.Pages.PAGE_SIZE;

import io.hyperlight.internal.os.Checkpoint;
import java.util.ArrayList;
import java.util.List;

/**
 * What an address space has to do because other mappings may hold its pages, too. Its private
 * mappings have no right to write to a page with several holders. A mapping gets a copy before it
 * writes.
 *
 * <p>It costs nothing while no page has several holders. {@link PageHolders} says so at once.
 */
final class PageSharing {
  private final PhysicalMemory memory;
  private final PageHolders holders;
  private final PageTables tables;
  private final MappingTable table;
  private final Checkpoint checkpoint;

  PageSharing(PhysicalMemory memory, PageTables tables, MappingTable table, Checkpoint checkpoint) {
    this.memory = memory;
    this.tables = tables;
    this.table = table;
    this.checkpoint = checkpoint;
    holders = memory.data().holders();
  }

  /** Returns whether a write of this mapping has to look at the holders of its pages. */
  private boolean isConcerned(Mapping mapping) {
    return mapping.isBacked() && !mapping.source().isShared() && !holders.isEmpty();
  }

  private static long page(Mapping mapping, long address) {
    return mapping.physicalOf(address) / PAGE_SIZE;
  }

  /** Records that a mapping holds its pages, which were just allocated. */
  void begin(Mapping mapping) {
    if (mapping.source().isShared()) {
      for (long at = mapping.start(); at < mapping.end(); at += PAGE_SIZE) {
        checkpoint.pass();
        holders.makeShared(page(mapping, at));
      }
    }
  }

  /** Writes the entries of a mapping that has memory and rights. It replaces older entries. */
  void writeEntries(Mapping mapping) {
    boolean writable = mapping.protection().writable();
    boolean executable = mapping.protection().executable();
    if (!writable || !isConcerned(mapping)) {
      tables.map(
          mapping.start(), mapping.physical(), mapping.sizeBytes(), writable, executable, true);
      return;
    }
    long end;
    for (long at = mapping.start(); at < mapping.end(); at = end) {
      boolean shared = holders.isShared(page(mapping, at));
      end = at;
      do {
        checkpoint.pass();
        end += PAGE_SIZE;
      } while (end < mapping.end() && holders.isShared(page(mapping, end)) == shared);
      tables.map(at, mapping.physicalOf(at), end - at, !shared, executable, true);
    }
  }

  /**
   * Returns how many pages have to be promised if mappings hold their pages, too.
   *
   * @param copies of existing mappings
   */
  long promises(List<Mapping> copies) {
    long promises = 0;
    for (Mapping copy : copies) {
      checkpoint.pass();
      if (copy.isBacked() && !copy.source().isShared()) {
        // Every present holder already has its own page, or a promise of one.
        promises += copy.sizeBytes() / PAGE_SIZE;
      }
    }
    return promises;
  }

  /** Records that mappings hold their pages, too. */
  void hold(List<Mapping> copies) {
    for (Mapping copy : copies) {
      for (long at = copy.start(); copy.isBacked() && at < copy.end(); at += PAGE_SIZE) {
        checkpoint.pass();
        holders.add(page(copy, at), copy.source().isShared());
      }
    }
  }

  /** Removes the right to write from mappings whose pages others hold now, too. */
  void takeWriteAccess(List<Mapping> mappings) {
    PageRanges changed = new PageRanges();
    for (Mapping mapping : mappings) {
      if (isConcerned(mapping) && mapping.protection().writable()) {
        memory.noteTranslation(mapping.physical(), mapping.sizeBytes());
        writeEntries(mapping);
        changed.add(mapping.physical(), mapping.physicalOf(mapping.end()));
      }
    }
    memory.forgetTranslations(changed);
  }

  /** Releases the pages of mappings to which no table leads any more. */
  void release(List<Mapping> mappings) {
    PageRanges free = new PageRanges();
    PageRanges held = new PageRanges();
    for (Mapping mapping : mappings) {
      checkpoint.pass();
      if (!mapping.isBacked()) {
        continue;
      }
      if (!mapping.source().isShared() && holders.isEmpty()) {
        free.add(mapping.physical(), mapping.physicalOf(mapping.end()));
        continue;
      }
      release(mapping, free, held);
    }
    memory.forgetTranslations(held);
    memory.data().free(free);
  }

  private void release(Mapping mapping, PageRanges free, PageRanges held) {
    boolean shared = mapping.source().isShared();
    long from = mapping.start();
    boolean lastBefore = false;
    for (long at = from; at < mapping.end(); at += PAGE_SIZE) {
      checkpoint.pass();
      boolean last = holders.remove(page(mapping, at), shared);
      if (at > from && last != lastBefore) {
        (lastBefore ? free : held).add(mapping.physicalOf(from), mapping.physicalOf(at));
        from = at;
      }
      lastBefore = last;
    }
    (lastBefore ? free : held).add(mapping.physicalOf(from), mapping.physicalOf(mapping.end()));
  }

  /** Returns how many bytes of a range nothing else holds. */
  long ownBytes(long start, long end) {
    long own = 0;
    for (Mapping mapping : table.within(start, end)) {
      if (mapping.isBacked()) {
        own += mapping.sizeBytes();
        for (long at = mapping.start(); !holders.isEmpty() && at < mapping.end(); at += PAGE_SIZE) {
          checkpoint.pass();
          own -= holders.isShared(page(mapping, at)) ? PAGE_SIZE : 0;
        }
      }
    }
    return own;
  }

  /** See {@link AddressSpace#resolveWrite}. */
  boolean resolveWrite(long address) {
    if (!table.isAccessible(address, 1, true)) {
      return false;
    }
    long page = address & -PAGE_SIZE;
    Mapping mapping = table.within(page, page + PAGE_SIZE).getFirst();
    if (mapping.source().isShared() || tables.isWritable(page)) {
      return false;
    }
    own(page, page + PAGE_SIZE, true);
    if (!tables.isWritable(page)) {
      // The other holders have released the page.
      enterAgain(mapping);
      PageRanges changed = new PageRanges();
      changed.add(mapping.physical(), mapping.physicalOf(mapping.end()));
      memory.forgetTranslations(changed);
    }
    return true;
  }

  private void enterAgain(Mapping mapping) {
    if (mapping.protection() != Protection.NONE) {
      memory.noteTranslation(mapping.physical(), mapping.sizeBytes()); // first: it may fail
      writeEntries(mapping);
    }
  }

  /**
   * Makes private mappings hold pages of their own.
   *
   * @param start any address, as {@code end}, of a range within user space
   * @param copy whether the new pages have the contents of the old ones, or zeros
   */
  void own(long start, long end, boolean copy) {
    if (holders.isEmpty() || start >= end) {
      return;
    }
    long from = start & -PAGE_SIZE;
    long to = Pages.alignUp(end);
    List<Mapping> after = new ArrayList<>();
    PageRanges left = new PageRanges();
    for (Mapping mapping : table.within(from, to)) {
      checkpoint.pass();
      if (isConcerned(mapping)) {
        own(mapping, copy, after, left);
      } else {
        after.add(mapping);
      }
    }
    if (left.count() > 0) {
      memory.forgetTranslations(left);
      table.splice(from, to, after);
    }
  }

  private void own(Mapping mapping, boolean copy, List<Mapping> after, PageRanges left) {
    long done = mapping.start();
    for (long at = mapping.start(); at < mapping.end(); at += PAGE_SIZE) {
      checkpoint.pass();
      long shared = mapping.physicalOf(at);
      if (!holders.isShared(shared / PAGE_SIZE)) {
        continue;
      }
      if (done < at) {
        after.add(mapping.within(done, at));
      }
      long own = memory.data().replace(shared);
      if (copy) {
        memory.copyPage(shared, own);
      }
      Mapping page = mapping.within(at, at + PAGE_SIZE).on(own);
      enterAgain(page);
      after.add(page);
      left.add(shared, shared + PAGE_SIZE);
      done = at + PAGE_SIZE;
    }
    if (done < mapping.end()) {
      after.add(mapping.within(done, mapping.end()));
    }
  }
}
