package io.hyperlight.internal.machine.memory;

import io.hyperlight.internal.os.Checkpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A set of guest-physical pages, as disjoint ranges that do not touch. It is for one thread. */
public final class PageRanges {
  /**
   * Contiguous pages.
   *
   * @param start page-aligned, as is {@code end}, which is behind the last page
   */
  record Range(long start, long end) {
    long sizeBytes() {
      return end - start;
    }
  }

  /** The end of each range by its start. */
  private final TreeMap<Long, Long> ends = new TreeMap<>();

  private long bytes;

  /** Returns the size of all ranges, in bytes. */
  long bytes() {
    return bytes;
  }

  int count() {
    return ends.size();
  }

  /** Adds pages. The set may have some of them already. */
  void add(long start, long end) {
    if (start >= end) {
      return;
    }
    long from = start;
    long to = end;
    Map.Entry<Long, Long> before = ends.floorEntry(end);
    while (before != null && before.getValue() >= start) {
      from = Math.min(from, before.getKey());
      to = Math.max(to, before.getValue());
      ends.remove(before.getKey());
      bytes -= before.getValue() - before.getKey();
      before = ends.floorEntry(end);
    }
    ends.put(from, to);
    bytes += to - from;
  }

  /**
   * Takes contiguous pages out of the lowest range that is large enough.
   *
   * @param from takes no page below it
   * @return where they start, or -1 if there is no such range
   */
  long take(long sizeBytes, long from, Checkpoint checkpoint) {
    for (Map.Entry<Long, Long> range : ends.tailMap(from, true).entrySet()) {
      checkpoint.pass();
      long start = range.getKey();
      if (range.getValue() - start >= sizeBytes) {
        remove(start, start + sizeBytes);
        return start;
      }
    }
    return -1;
  }

  /**
   * Takes the highest range out, or the end of it.
   *
   * @return null if the set is empty
   */
  @Nullable Range takeLast(long maxBytes) {
    Map.Entry<Long, Long> last = ends.lastEntry();
    if (last == null) {
      return null;
    }
    long end = last.getValue();
    long start = Math.max(last.getKey(), end - maxBytes);
    remove(start, end);
    return new Range(start, end);
  }

  /** Removes pages of one range. */
  private void remove(long start, long end) {
    Map.Entry<Long, Long> range = ends.floorEntry(start);
    if (range == null || range.getValue() < end) {
      throw new IllegalArgumentException("0x%x to 0x%x is not in it".formatted(start, end));
    }
    ends.remove(range.getKey());
    if (range.getKey() < start) {
      ends.put(range.getKey(), start);
    }
    if (range.getValue() > end) {
      ends.put(end, range.getValue());
    }
    bytes -= end - start;
  }

  /** Returns the first address. The set is not empty. */
  long first() {
    return ends.firstKey();
  }

  /** Returns the address behind the last page. The set is not empty. */
  long end() {
    return ends.lastEntry().getValue();
  }

  /** Returns the part of the set that lies between two addresses. */
  PageRanges within(long from, long to, Checkpoint checkpoint) {
    PageRanges cut = new PageRanges();
    for (Map.Entry<Long, Long> range : ends.entrySet()) {
      checkpoint.pass();
      cut.add(Math.max(range.getKey(), from), Math.min(range.getValue(), to));
    }
    return cut;
  }

  void clear() {
    ends.clear();
    bytes = 0;
  }

  boolean contains(long address) {
    Map.Entry<Long, Long> range = ends.floorEntry(address);
    return range != null && range.getValue() > address;
  }

  /** Returns all ranges, in ascending order. */
  List<Range> toList() {
    return toList(Checkpoint.NONE);
  }

  /** Returns the same for ranges that a guest has made. The checkpoint can end it. */
  List<Range> toList(Checkpoint checkpoint) {
    List<Range> list = new ArrayList<>();
    for (Map.Entry<Long, Long> range : ends.entrySet()) {
      checkpoint.pass();
      list.add(new Range(range.getKey(), range.getValue()));
    }
    return List.copyOf(list);
  }

  /** Makes the set equal to a result of {@link #toList}. */
  void set(List<Range> ranges) {
    clear();
    for (int i = 0; i < ranges.size(); i++) { // an iterator would need room in the heap
      add(ranges.get(i).start, ranges.get(i).end);
    }
  }
}
