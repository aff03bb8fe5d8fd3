package io.hyperlight.internal.machine.memory;

/** Knows what mappings of files and shared objects contain when they are touched first. */
@FunctionalInterface
public interface FirstContents {
  /** All mappings contain zeros at first. */
  FirstContents ZEROS = (_, _) -> true;

  /**
   * Writes the contents of a range of mappings of kind {@link MappingSource.Kind#FILE} or {@link
   * MappingSource.Kind#SHARED} by {@link AddressSpace#initialise}. The range was just given memory,
   * which is zeros.
   *
   * @param start page-aligned, as {@code end}
   * @return false if the contents cannot be read
   */
  boolean fill(long start, long end);

  /**
   * Returns another page with memory that is mapped to the same part of the same shared object, or
   * -1 if there is none.
   *
   * @param page of a mapping of kind {@link MappingSource.Kind#SHARED} that has no memory
   */
  default long sharer(long page) {
    return -1;
  }
}
