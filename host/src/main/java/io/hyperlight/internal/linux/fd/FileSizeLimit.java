package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.linux.limits.ResourceLimits;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;

/**
 * {@code RLIMIT_FSIZE} of a process: how large writing makes a regular file at most. Who passes it
 * gets EFBIG and a signal.
 */
public final class FileSizeLimit {
  private final ResourceLimits limits;
  private boolean passed;

  public FileSizeLimit(ResourceLimits limits) {
    this.limits = limits;
  }

  /**
   * How much of a piece may be written.
   *
   * @param at where it begins; not negative
   * @param length positive
   * @throws FileException EFBIG if that is nothing
   */
  int allowed(long at, int length) {
    long bytes = limits.fileBytes();
    passed = Long.compareUnsigned(at, bytes) >= 0;
    if (passed) {
      throw new FileException(Errno.EFBIG);
    }
    return bytes < 0 ? length : (int) Math.min(length, bytes - at);
  }

  /**
   * Looks at a size that a file is to get.
   *
   * @param before its size
   * @throws FileException EFBIG if it is too large, and it grows
   */
  public void require(long size, long before) {
    passed = size > before && Long.compareUnsigned(size, limits.fileBytes()) > 0;
    if (passed) {
      throw new FileException(Errno.EFBIG);
    }
  }

  /** Whether the last one who asked has passed it; that is said once. */
  public boolean takePassed() {
    boolean was = passed;
    passed = false;
    return was;
  }
}
