package io.hyperlight.internal.loader;

import io.hyperlight.internal.abi.GuestAbi;
import io.hyperlight.internal.machine.memory.Protection;

/**
 * A loadable segment.
 *
 * @param address where it starts, load bias included; any alignment
 * @param sizeBytes in memory; bytes that are not in the file are zero
 * @param protection of all its pages
 * @param contents the part that is in the file
 * @param fileOffset where that part is in the file
 */
public record ElfSegment(
    long address, long sizeBytes, Protection protection, FileBytes contents, long fileOffset) {
  long end() {
    return address + sizeBytes;
  }

  /** Returns whether its pages are pages of the file, as Linux would map them. */
  public boolean isMappable() {
    return contents.size() > 0 && (address - fileOffset) % GuestAbi.PAGE_SIZE == 0;
  }

  public boolean contains(long target) {
    return target >= address && target < end();
  }

  public long pageStart() {
    return GuestAbi.pageStart(address);
  }

  public long pageEnd() {
    return GuestAbi.pageEnd(end());
  }

  /** Returns the end of the last page that has contents of the file. */
  public long contentsEnd() {
    return GuestAbi.pageEnd(address + contents.size());
  }
}
