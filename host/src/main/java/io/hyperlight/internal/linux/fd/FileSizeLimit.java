package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.linux.limits.ResourceLimits;

/**
 * {@code RLIMIT_FSIZE} of a process: the maximum size to which a write extends a regular file. A
 * write that passes it fails with EFBIG and raises a signal.
 */
public final class FileSizeLimit {
  private final ResourceLimits limits;

  public FileSizeLimit(ResourceLimits limits) {
    this.limits = limits;
  }

  /**
   * Returns how many bytes of a piece may be written.
   *
   * @param at where it begins; not negative
   * @param length positive
   * @throws FileSizeException if none may
   */
  int allowed(long at, int length) {
    long bytes = limits.fileBytes();
    if (Long.compareUnsigned(at, bytes) >= 0) {
      throw new FileSizeException();
    }
    return bytes < 0 ? length : (int) Math.min(length, bytes - at);
  }

  /**
   * Checks a new size of a file.
   *
   * @param before its present size
   * @throws FileSizeException if the file grows and the new size is too large
   */
  public void require(long size, long before) {
    if (size > before && Long.compareUnsigned(size, limits.fileBytes()) > 0) {
      throw new FileSizeException();
    }
  }
}
