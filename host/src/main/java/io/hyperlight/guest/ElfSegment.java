package io.hyperlight.guest;

import io.hyperlight.vm.Protection;

/**
 * A loadable segment.
 *
 * @param address where it starts, before any load bias; any alignment
 * @param sizeBytes in memory; what the file does not fill is zero
 * @param protection of all its pages
 * @param contents the part the file fills
 */
record ElfSegment(long address, long sizeBytes, Protection protection, FileBytes contents) {
  long end() {
    return address + sizeBytes;
  }

  boolean contains(long target) {
    return target >= address && target < end();
  }
}
