package io.hyperlight.internal.vfs;

import io.hyperlight.internal.os.Errno;

/** An operation on a file failed. The error number tells the guest why. */
public class FileException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int errno;

  /**
   * Creates the exception without a stack trace, since guests can cause it as often as they want.
   */
  public FileException(int errno) {
    super(Errno.describe(errno), null, false, false);
    this.errno = errno;
  }

  /** Returns the error number, one of {@link Errno}. */
  public int errno() {
    return errno;
  }

  /** Answers whether the limit of a tree is the reason. */
  public boolean isForLackOfSpace() {
    return errno == Errno.ENOSPC || errno == Errno.EFBIG;
  }
}
