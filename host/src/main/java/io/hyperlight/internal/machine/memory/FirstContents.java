package io.hyperlight.internal.machine.memory;

/** Knows what mappings of files contain when they are touched for the first time. */
@FunctionalInterface
public interface FirstContents {
  /** All mappings contain zeros at first. */
  FirstContents ZEROS = (_, _) -> true;

  /**
   * Writes the contents of a range of mappings of kind {@link MappingSource.Kind#FILE} by {@link
   * AddressSpace#initialise}. The range was just given memory, which is zeros.
   *
   * @param start page-aligned, as {@code end}
   * @return false if the contents cannot be read
   */
  boolean fill(long start, long end);
}
