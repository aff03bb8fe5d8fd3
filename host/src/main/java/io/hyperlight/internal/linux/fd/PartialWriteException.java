package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.vfs.FileException;

/**
 * Reports that the embedder's stream failed after it took some of the bytes. The guest gets their
 * number, as on Linux. It gets the error when it writes the rest.
 */
public final class PartialWriteException extends FileException {
  private static final long serialVersionUID = 1L;

  private final int written;

  /**
   * Creates the exception of a stream.
   *
   * @param errno why the stream took no more
   * @param written how many bytes it took; at least 1, and not all
   */
  public PartialWriteException(int errno, int written) {
    super(errno);
    this.written = written;
  }

  /** Returns how many bytes were written. */
  int written() {
    return written;
  }
}
