package io.hyperlight.internal.linux.mm;

/**
 * Holds the layout of a guest's address space. All addresses are page-aligned.
 *
 * @param hostEnd the end of the gate, the information page and the vDSO, which are sealed
 * @param vdsoNumbers the page of numbers of the vDSO, or 0 if there is none
 * @param vdso the vDSO itself, or 0
 * @param areasStart the start of the pages in which threads are saved, which are sealed up to the
 *     end of user addresses
 * @param stackStart the start of the call stack, which is sealed
 * @param stackEnd the end of the call stack
 * @param programStackStart the start of the program's own stack, which is the call stack unless the
 *     program starts itself
 * @param programStackEnd the end of the program's own stack
 * @param windowStart the start of the window, which is sealed even where it is not mapped yet
 * @param windowEnd the end of the window at its largest
 * @param heapStart the first program break
 * @param heapEnd the maximum program break
 * @param freeStart the start of the range for mappings that the program does not place itself
 * @param freeEnd the end of that range
 */
public record AddressRanges(
    long hostEnd,
    long vdsoNumbers,
    long vdso,
    long areasStart,
    long stackStart,
    long stackEnd,
    long programStackStart,
    long programStackEnd,
    long windowStart,
    long windowEnd,
    long heapStart,
    long heapEnd,
    long freeStart,
    long freeEnd) {

  /**
   * Answers whether a range contains an address that the guest must not map, unmap or protect.
   * Everything below the host's own pages is sealed too: a null pointer has to fault.
   *
   * @param sizeBytes such that the range is within user space
   */
  boolean touchesSealed(long start, long sizeBytes) {
    long end = start + sizeBytes;
    return start < hostEnd
        || end > areasStart
        || (start < stackEnd && end > stackStart)
        || (start < windowEnd && end > windowStart);
  }
}
