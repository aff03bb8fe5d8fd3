package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;

/** EFBIG because of the {@link FileSizeLimit} of a process, which also raises a signal. */
public final class FileSizeException extends FileException {
  private static final long serialVersionUID = 1L;

  FileSizeException() {
    super(Errno.EFBIG);
  }
}
