package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.vfs.FileException;

/**
 * The embedder's stream failed behind some of the bytes that it was given. The guest gets their
 * number, as on Linux, and hears of the error when it writes the rest.
 */
public final class PartialWriteException extends FileException {
  private static final long serialVersionUID = 1L;

  private final int written;

  /**
   * Of a stream.
   *
   * @param errno why it took no more
   * @param written how many bytes it took; at least 1, and not all
   */
  public PartialWriteException(int errno, int written) {
    super(errno);
    this.written = written;
  }

  /** How many bytes were written. */
  int written() {
    return written;
  }
}
