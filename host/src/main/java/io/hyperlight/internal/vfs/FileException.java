package io.hyperlight.internal.vfs;

import io.hyperlight.internal.os.Errno;

/** What somebody wanted of a file cannot be; an error number for the guest says why. */
public class FileException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int errno;

  /** Without a stack trace: guests cause them at will. */
  public FileException(int errno) {
    super(Errno.describe(errno), null, false, false);
    this.errno = errno;
  }

  /** One of {@link Errno}. */
  public int errno() {
    return errno;
  }

  /** Whether a tree's limit is why. */
  public boolean isForLackOfSpace() {
    return errno == Errno.ENOSPC || errno == Errno.EFBIG;
  }
}
