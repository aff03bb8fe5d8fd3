package io.hyperlight.internal.linux.mm;

import io.hyperlight.internal.machine.memory.Protection;

/**
 * Memory that is of an object. Page-aligned.
 *
 * @param offset of its first byte in the object
 * @param shared whether it is a shared mapping
 * @param mayBecomeWritable whether {@code mprotect} may make it so
 * @param protection what the program may do with it, as far as the object goes
 * @param wasWritable whether the program may have written to it, so that it is not the object's
 *     contents any more
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

  /** Where the pages end that have contents of an object of some size. */
  long endOfContents(long objectSize) {
    if (objectSize <= offset) {
      return start;
    }
    long bytes = Math.min(objectSize - offset, end - start);
    return start + ((bytes + PAGE_SIZE - 1) & -PAGE_SIZE);
  }

  long offsetOf(long address) {
    return offset + (address - start);
  }

  /** The part of it within a range. */
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

  /** The same with another end. */
  MappedArea upTo(long newEnd) {
    return new MappedArea(
        start, newEnd, object, offset, shared, mayBecomeWritable, protection, wasWritable);
  }

  /** The same of another object. */
  MappedArea of(MappedObject other) {
    return new MappedArea(
        start, end, other, offset, shared, mayBecomeWritable, protection, wasWritable);
  }

  /** Whether the other one begins where this ends, in all respects. */
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
