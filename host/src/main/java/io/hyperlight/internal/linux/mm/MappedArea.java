package io.hyperlight.internal.linux.mm;

import io.hyperlight.internal.machine.memory.Protection;

/**
 * A range of memory that maps an object. Page-aligned.
 *
 * @param offset of its first byte in the object
 * @param shared whether it is a shared mapping
 * @param mayBecomeWritable whether {@code mprotect} may make it writable
 * @param protection the program's rights, as far as the object reaches
 * @param wasWritable whether the program may have written to it, so that its pages may differ from
 *     the object
 */
public record MappedArea(
    long start,
    long end,
    MappedObject object,
    long offset,
    boolean shared,
    boolean mayBecomeWritable,
    Protection protection,
    boolean wasWritable) {
  private static final long PAGE_SIZE = 4096;

  /** Returns the end of the pages with contents, for an object of this size. */
  long endOfContents(long objectSize) {
    if (objectSize <= offset) {
      return start;
    }
    long bytes = Math.min(objectSize - offset, end - start);
    return start + ((bytes + PAGE_SIZE - 1) & -PAGE_SIZE);
  }

  public long offsetOf(long address) {
    return offset + (address - start);
  }

  /** Returns the part within a range. */
  MappedArea within(long from, long to) {
    long cut = Math.max(start, from);
    return new MappedArea(
        cut,
        Math.min(end, to),
        object,
        offsetOf(cut),
        shared,
        mayBecomeWritable,
        protection,
        wasWritable);
  }

  /** Returns the part that maps a range of the object. */
  MappedArea withinOffsets(long from, long to) {
    return within(start + Math.max(0, from - offset), start + Math.max(0, to - offset));
  }

  MappedArea movedBy(long distance) {
    return new MappedArea(
        start + distance,
        end + distance,
        object,
        offset,
        shared,
        mayBecomeWritable,
        protection,
        wasWritable);
  }

  MappedArea with(Protection changed) {
    return new MappedArea(
        start,
        end,
        object,
        offset,
        shared,
        mayBecomeWritable,
        changed,
        wasWritable || changed.writable());
  }

  /** Returns this area with another end. */
  MappedArea upTo(long newEnd) {
    return new MappedArea(
        start, newEnd, object, offset, shared, mayBecomeWritable, protection, wasWritable);
  }

  /** Returns this area of another object. */
  MappedArea of(MappedObject other) {
    return new MappedArea(
        start, end, other, offset, shared, mayBecomeWritable, protection, wasWritable);
  }

  /**
   * Answers whether its pages are those of the file, which all shared mappings of the file have. In
   * all other areas, they are copies.
   */
  boolean hasPagesOfFile() {
    return shared && object instanceof MappedObject.OfFile file && file.shareable() != null;
  }

  /** Answers whether the program may have written to pages of the file. */
  boolean mayHaveWritten() {
    return wasWritable && hasPagesOfFile();
  }

  /** Answers whether another area continues this one in all respects. */
  boolean isContinuedBy(MappedArea next) {
    return end == next.start
        && object == next.object
        && offsetOf(end) == next.offset
        && shared == next.shared
        && mayBecomeWritable == next.mayBecomeWritable
        && protection == next.protection
        && wasWritable == next.wasWritable;
  }
}
