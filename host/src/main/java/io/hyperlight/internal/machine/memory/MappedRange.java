package io.hyperlight.internal.machine.memory;

import java.util.ArrayList;
import java.util.List;

/**
 * A range of user addresses with equal rights. Its memory may be anywhere.
 *
 * @param start page-aligned, as is {@code end}
 */
public record MappedRange(long start, long end, Protection protection) {
  /**
   * Returns the same rights to the same addresses in as few ranges as possible: neighbours with
   * equal rights become one.
   *
   * @param ranges sorted and disjoint
   */
  public static List<MappedRange> merge(List<MappedRange> ranges) {
    List<MappedRange> merged = new ArrayList<>();
    for (MappedRange range : ranges) {
      MappedRange last = merged.isEmpty() ? null : merged.getLast();
      if (last != null && last.end == range.start && last.protection == range.protection) {
        merged.set(merged.size() - 1, new MappedRange(last.start, range.end, last.protection));
      } else {
        merged.add(range);
      }
    }
    return List.copyOf(merged);
  }
}
