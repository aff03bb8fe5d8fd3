package io.hyperlight.internal.machine.memory;

/**
 * A range of user addresses with equal rights on contiguous guest-physical memory, or without
 * memory. A range without memory is a reservation if it has no rights. If it has rights, it gets
 * memory when it is touched ({@link FirstTouch}).
 *
 * @param start page-aligned, as are {@code end} and {@code physical}
 * @param physical {@link #UNBACKED} for addresses that are taken but have no memory yet
 * @param source what it is a mapping of
 */
public record Mapping(
    long start, long end, long physical, Protection protection, MappingSource source) {
  static final long UNBACKED = -1;

  /** Makes a mapping of anonymous memory. */
  Mapping(long start, long end, long physical, Protection protection) {
    this(start, end, physical, protection, MappingSource.ANONYMOUS);
  }

  /** Returns a reservation: addresses that are taken, and have no memory. */
  static Mapping reservation(long start, long end, MappingSource source) {
    return new Mapping(start, end, UNBACKED, Protection.NONE, source);
  }

  /** Returns the guest-physical address of an address within the mapping. */
  public long physicalOf(long virtualAddress) {
    return physical + (virtualAddress - start);
  }

  long sizeBytes() {
    return end - start;
  }

  public boolean isBacked() {
    return physical != UNBACKED;
  }

  /** Returns whether it has rights, and gets memory when it is touched. */
  boolean isUntouched() {
    return !isBacked() && protection != Protection.NONE;
  }

  /** Returns the same mapping without memory. */
  Mapping withoutMemory() {
    return new Mapping(start, end, UNBACKED, protection, source);
  }

  /** Returns the part of it within a range. */
  Mapping within(long from, long to) {
    if (from <= start && to >= end) {
      return this;
    }
    long cut = Math.max(start, from);
    return new Mapping(
        cut,
        Math.min(end, to),
        isBacked() ? physicalOf(cut) : UNBACKED,
        protection,
        source.from(cut - start));
  }

  Mapping with(Protection changed) {
    return new Mapping(start, end, physical, changed, source);
  }

  /** Returns the same mapping at another address. */
  Mapping at(long address) {
    return new Mapping(address, address + sizeBytes(), physical, protection, source);
  }

  /** Returns the same mapping with other memory. */
  Mapping on(long otherPhysical) {
    return new Mapping(start, end, otherPhysical, protection, source);
  }

  /** Returns whether another mapping continues this one in all respects. */
  boolean isContinuedBy(Mapping next) {
    return (isBacked() ? next.isBacked() && physicalOf(end) == next.physical : !next.isBacked())
        && isRangeWith(next);
  }

  /** Returns whether another mapping continues this one, except that its memory is elsewhere. */
  boolean isRangeWith(Mapping next) {
    return end == next.start
        && protection == next.protection
        && source.kind() == next.source.kind()
        && (source.kind() == MappingSource.Kind.ANONYMOUS
            || source.from(sizeBytes()).equals(next.source));
  }

  /** Returns this mapping and the one that continues it, as one. */
  Mapping to(Mapping next) {
    return new Mapping(start, next.end, physical, protection, source);
  }
}
