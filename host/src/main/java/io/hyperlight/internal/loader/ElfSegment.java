package io.hyperlight.internal.loader;

import io.hyperlight.internal.abi.GuestAbi;
import io.hyperlight.internal.machine.memory.Protection;

/**
 * A loadable segment.
 *
 * @param address where it starts, before any load bias; any alignment
 * @param sizeBytes in memory; what the file does not fill is zero
 * @param protection of all its pages
 * @param contents the part the file fills
 * @param fileOffset where that is in the file
 */
public record ElfSegment(
    long address, long sizeBytes, Protection protection, FileBytes contents, long fileOffset) {
  long end() {
    return address + sizeBytes;
  }

  /** Whether its pages are pages of the file, as Linux would map them. */
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

  /** Behind the last page that has something of the file. */
  public long contentsEnd() {
    return GuestAbi.pageEnd(address + contents.size());
  }
}
