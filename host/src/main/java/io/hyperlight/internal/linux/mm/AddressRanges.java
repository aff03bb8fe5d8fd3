package io.hyperlight.internal.linux.mm;

/**
 * Which addresses of a guest are for what. All are page-aligned.
 *
 * @param hostEnd behind the gate and the information page, which stay as they are
 * @param stackStart the call stack, likewise
 * @param stackEnd behind it
 * @param programStackStart the stack that the program itself has, which is the call stack unless
 *     the program starts itself
 * @param programStackEnd behind it
 * @param windowStart the window, likewise, also where it is not mapped yet
 * @param windowEnd behind all that it can become
 * @param heapStart where the program break begins
 * @param heapEnd as far as it can go
 * @param freeStart where mappings are placed that the program does not place itself
 * @param freeEnd behind the last
 */
public record AddressRanges(
    long hostEnd,
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
   * Whether a range has an address that the guest must not map, unmap or protect. Below the host's
   * own pages there is nothing to be had at all: a null pointer has to fault.
   *
   * @param sizeBytes such that the range is within user space
   */
  boolean touchesSealed(long start, long sizeBytes) {
    long end = start + sizeBytes;
    return start < hostEnd
        || (start < stackEnd && end > stackStart)
        || (start < windowEnd && end > windowStart);
  }
}
