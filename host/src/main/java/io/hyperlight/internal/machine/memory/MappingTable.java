package io.hyperlight.internal.machine.memory;

import io.hyperlight.internal.os.Checkpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The host's own account of an address space, beside the page tables: which addresses are mapped,
 * to what, and with what rights.
 */
final class MappingTable {
  /** The top of the canonical lower half, less one guard page. */
  static final long USER_END = 0x7fff_ffff_f000L;

  private static final int MOST_NEIGHBOURS = 64;

  private final Checkpoint checkpoint;

  /** Sorted by address and disjoint. Images share it unless it is {@link #owned}. */
  private List<Mapping> mappings;

  /**
   * What the last search has shown: from {@link #searchedFrom} down to {@link #searchedTo} there is
   * no gap of {@link #searchedSize}. A search may look at all mappings, so the next one goes on
   * there.
   */
  private long searchedFrom = -1;

  private long searchedTo;
  private long searchedSize;

  /** Whether nobody else has the list, so that it may be changed in place. */
  private boolean owned;

  /** How many mappings continue the one before, except for their memory; -1 if not counted yet. */
  private int joints = -1;

  MappingTable(List<Mapping> mappings, Checkpoint checkpoint) {
    this.mappings = List.copyOf(mappings);
    this.checkpoint = checkpoint;
  }

  /** Returns all mappings, in an immutable list. */
  List<Mapping> toList() {
    if (owned) {
      mappings = List.copyOf(mappings);
      owned = false;
    }
    return mappings;
  }

  /** Restores an earlier list. */
  void restore(List<Mapping> earlier) {
    mappings = earlier;
    owned = false;
    searchedFrom = -1;
    joints = -1;
  }

  int size() {
    return mappings.size();
  }

  /** Returns the number of mappings if parts with memory and without are one. */
  int rangeCount() {
    if (joints < 0) {
      joints = joints(0, mappings.size());
    }
    return mappings.size() - joints;
  }

  /** Returns how many mappings, counted from the second of these, continue the one before. */
  private int joints(int from, int to) {
    int count = 0;
    for (int at = Math.max(from, 0) + 1; at < Math.min(to, mappings.size()); at++) {
      checkpoint.pass();
      count += mappings.get(at - 1).isRangeWith(mappings.get(at)) ? 1 : 0;
    }
    return count;
  }

  Mapping get(int index) {
    return mappings.get(index);
  }

  /** Returns whether nothing is mapped or reserved in a range within user space. */
  boolean isFree(long start, long sizeBytes) {
    int at = firstMappingEndingAfter(start);
    return at == mappings.size() || mappings.get(at).start() - start >= sizeBytes;
  }

  /**
   * Returns whether all of a range is mapped or reserved.
   *
   * @param start any value, as {@code sizeBytes}
   */
  boolean isTaken(long start, long sizeBytes) {
    return isCovered(start, sizeBytes, _ -> true);
  }

  /**
   * Returns the lowest free addresses for a range.
   *
   * @param from page-aligned, as are {@code to} and {@code sizeBytes}
   * @param to the range ends there at the latest
   * @return -1 if there is no such gap
   */
  long findFree(long sizeBytes, long from, long to) {
    long gap = from;
    for (int at = firstMappingEndingAfter(from); at < mappings.size(); at++) {
      checkpoint.pass();
      Mapping mapping = mappings.get(at);
      if (mapping.start() - gap >= sizeBytes) {
        break;
      }
      gap = Math.max(gap, mapping.end());
    }
    return gap <= to && sizeBytes <= to - gap ? gap : -1;
  }

  /**
   * Returns the highest free addresses for a range.
   *
   * @param from the range starts there at the earliest; page-aligned, as are {@code to} and {@code
   *     sizeBytes}
   * @param to the range ends there at the latest
   * @return -1 if there is no such gap
   */
  long findFreeBelow(long sizeBytes, long from, long to) {
    boolean known = to == searchedFrom && sizeBytes >= searchedSize;
    long gapEnd = known ? searchedTo : to;
    for (int at = firstMappingEndingAfter(gapEnd); at >= 0 && gapEnd - from >= sizeBytes; at--) {
      checkpoint.pass();
      if (at == mappings.size() || mappings.get(at).start() >= gapEnd) {
        continue;
      }
      Mapping mapping = mappings.get(at);
      if (gapEnd - mapping.end() >= sizeBytes) {
        break;
      }
      gapEnd = mapping.start();
    }
    searchedFrom = to;
    searchedSize = sizeBytes;
    searchedTo = gapEnd;
    return gapEnd - from >= sizeBytes ? gapEnd - sizeBytes : -1;
  }

  /** Returns the parts of a range that are taken and have no memory, in order. */
  List<MappedRange> unbacked(long start, long sizeBytes) {
    return within(start, start + sizeBytes).stream()
        .filter(mapping -> !mapping.isBacked())
        .map(mapping -> new MappedRange(mapping.start(), mapping.end(), mapping.protection()))
        .toList();
  }

  /** Returns the first free address at or behind a taken one. */
  long endOfTaken(long start) {
    long end = start;
    for (int at = firstMappingEndingAfter(start);
        at < mappings.size() && mappings.get(at).start() <= end;
        at++) {
      checkpoint.pass();
      end = mappings.get(at).end();
    }
    return end;
  }

  /** Returns whether no mapping goes on across an address. */
  boolean isEdge(long address) {
    int at = firstMappingEndingAfter(address);
    return at == mappings.size() || mappings.get(at).start() >= address;
  }

  /** Returns the rights to the parts of a range that are mapped or reserved, in order. */
  List<Protection> protections(long start, long sizeBytes) {
    return within(start, start + sizeBytes).stream().map(Mapping::protection).toList();
  }

  /** Returns the parts of mappings that are in a range, in order. */
  List<Mapping> within(long start, long end) {
    List<Mapping> parts = new ArrayList<>();
    for (int at = firstMappingEndingAfter(start);
        at < mappings.size() && mappings.get(at).start() < end;
        at++) {
      checkpoint.pass();
      parts.add(mappings.get(at).within(start, end));
    }
    return parts;
  }

  /** Replaces the mappings of a range. */
  void splice(long start, long end, List<Mapping> replacement) {
    int first = firstMappingEndingAfter(start);
    int next = first;
    if (end > searchedTo && !isWhole(start, end, replacement)) {
      searchedFrom = -1; // there may be a new gap
    }
    List<Mapping> changed = new ArrayList<>(replacement.size() + 4);
    if (first < mappings.size() && mappings.get(first).start() < start) {
      changed.add(mappings.get(first).within(0, start));
    } else if (first > 0) {
      changed.add(mappings.get(--first)); // which the replacement may continue
    }
    for (Mapping mapping : replacement) {
      checkpoint.pass();
      append(changed, mapping);
    }
    while (next < mappings.size() && mappings.get(next).end() <= end) {
      checkpoint.pass();
      next++;
    }
    if (next < mappings.size()) {
      Mapping behind = mappings.get(next);
      append(changed, behind.start() < end ? behind.within(end, behind.end()) : behind);
      next++;
    }
    replace(first, next, changed);
  }

  /** Returns whether disjoint mappings, which lie in a range, cover all of it. */
  private boolean isWhole(long start, long end, List<Mapping> parts) {
    long bytes = 0;
    for (Mapping mapping : parts) {
      checkpoint.pass();
      bytes += mapping.sizeBytes();
    }
    return bytes == end - start;
  }

  private void replace(int from, int to, List<Mapping> replacement) {
    if (!owned) {
      List<Mapping> own = new ArrayList<>(mappings.size() + replacement.size());
      own.addAll(mappings);
      mappings = own;
      owned = true;
    }
    int kept = Math.min(to - from, replacement.size());
    int others = joints < 0 ? -1 : joints - joints(from - 1, to + 1);
    joints = -1; // if the end of the call comes before they are counted
    // First what may fail for lack of heap.
    if (replacement.size() > kept) {
      mappings.addAll(to, replacement.subList(kept, replacement.size()));
    } else if (kept < to - from) {
      mappings.subList(from + kept, to).clear();
    }
    for (int i = 0; i < kept; i++) {
      mappings.set(from + i, replacement.get(i));
    }
    if (others >= 0) {
      joints = others + joints(from - 1, from + replacement.size() + 1);
    }
  }

  private static void append(List<Mapping> list, Mapping mapping) {
    Mapping last = list.isEmpty() ? null : list.getLast();
    if (last != null && last.isContinuedBy(mapping)) {
      list.set(list.size() - 1, last.to(mapping));
    } else {
      list.add(mapping);
    }
  }

  /** Returns the mapping at an address, which may be any value; null if there is none. */
  @Nullable Mapping at(long address) {
    int at = firstMappingEndingAfter(address);
    return at < mappings.size() && mappings.get(at).start() <= address ? mappings.get(at) : null;
  }

  /**
   * Returns how many bytes have memory from an address on, without a gap.
   *
   * @param most the maximum result; few mappings are looked at
   */
  long backedFrom(long address, long most) {
    long end = address;
    int first = firstMappingEndingAfter(address);
    for (int at = first; at < Math.min(mappings.size(), first + MOST_NEIGHBOURS); at++) {
      Mapping mapping = mappings.get(at);
      if (mapping.start() > end || !mapping.isBacked() || end - address >= most) {
        break;
      }
      end = mapping.end();
    }
    return Math.min(most, end - address);
  }

  /** Returns how many bytes have memory up to an address, without a gap. */
  long backedBefore(long address, long most) {
    long start = address;
    int first = firstMappingEndingAfter(address - 1);
    for (int at = first; at >= 0 && at > first - MOST_NEIGHBOURS; at--) {
      if (at == mappings.size()) {
        continue;
      }
      Mapping mapping = mappings.get(at);
      if (mapping.end() < start || !mapping.isBacked() || address - start >= most) {
        break;
      }
      start = Math.min(start, mapping.start());
    }
    return Math.min(most, address - start);
  }

  /** Returns whether nothing in a range lacks memory. What is not mapped at all does not matter. */
  boolean isBacked(long start, long end) {
    for (int at = firstMappingEndingAfter(start);
        at < mappings.size() && mappings.get(at).start() < end;
        at++) {
      checkpoint.pass();
      if (!mappings.get(at).isBacked()) {
        return false;
      }
    }
    return true;
  }

  /**
   * Returns the index of the first mapping that does not lie below an address, or the size if there
   * is none.
   */
  int firstMappingEndingAfter(long virtualAddress) {
    int low = 0;
    int high = mappings.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (mappings.get(middle).end() > virtualAddress) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  /**
   * Returns what is mapped or reserved in a range, for people: neighbours with equal rights are
   * one.
   */
  List<MappedRange> ranges(long start, long end) {
    List<MappedRange> ranges = new ArrayList<>();
    for (Mapping mapping : within(start, end)) {
      checkpoint.pass();
      ranges.add(new MappedRange(mapping.start(), mapping.end(), mapping.protection()));
    }
    return MappedRange.merge(ranges);
  }

  /**
   * Returns how many bytes of a range are mapped or reserved.
   *
   * @param writable whether only bytes count that can be written
   */
  long takenBytes(long start, long end, boolean writable) {
    long bytes = 0;
    for (int at = firstMappingEndingAfter(start);
        at < mappings.size() && mappings.get(at).start() < end;
        at++) {
      checkpoint.pass();
      Mapping mapping = mappings.get(at);
      if (!writable || mapping.protection().writable()) {
        bytes += Math.min(mapping.end(), end) - Math.max(mapping.start(), start);
      }
    }
    return bytes;
  }

  /**
   * Returns the first address at or behind another one that is mapped or reserved, or -1 if there
   * is none.
   */
  long nextTaken(long address) {
    int at = firstMappingEndingAfter(address);
    return at == mappings.size() ? -1 : Math.max(mappings.get(at).start(), address);
  }

  /**
   * Returns the range with equal rights that starts at an address and ends at another one at the
   * latest. The address is mapped or reserved.
   *
   * @param end behind the address
   */
  MappedRange rangeAt(long address, long end) {
    int at = firstMappingEndingAfter(address);
    Protection protection = mappings.get(at).protection();
    long found = mappings.get(at).end();
    for (int next = at + 1; next < mappings.size() && found < end; next++) {
      checkpoint.pass();
      Mapping mapping = mappings.get(next);
      if (mapping.start() != found || mapping.protection() != protection) {
        break;
      }
      found = mapping.end();
    }
    return new MappedRange(address, Math.min(found, end), protection);
  }

  /**
   * Returns whether user code can read, or write, all of a range. The arguments may be any values.
   */
  boolean isAccessible(long guestAddress, long sizeBytes, boolean write) {
    return isCovered(
        guestAddress,
        sizeBytes,
        write
            ? mapping -> mapping.protection().writable()
            : mapping -> mapping.protection().readable());
  }

  /**
   * Returns whether mappings that meet a condition cover all of a range. The arguments may be any
   * values.
   */
  boolean isCovered(long guestAddress, long sizeBytes, Predicate<Mapping> condition) {
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
      if (mapping.start() > covered || !condition.test(mapping)) {
        return false;
      }
      covered = mapping.end();
    }
    return true;
  }
}
