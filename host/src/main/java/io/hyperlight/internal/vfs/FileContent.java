package io.hyperlight.internal.vfs;

import io.hyperlight.internal.os.Errno;

/**
 * What is in an open regular file or device. One for each time it was opened; whoever has it gives
 * it up by {@link #close}. What does not say otherwise cannot be changed. For one thread at a time.
 */
public interface FileContent extends AutoCloseable {
  /** As it is now. */
  FileStatus status();

  /** What it is, which does not change. */
  default FileKind kind() {
    return status().kind();
  }

  /**
   * Copies bytes out.
   *
   * @param offset not negative
   * @return how many; 0 at the end
   * @throws FileException if that fails
   */
  int read(long offset, byte[] target, int from, int length);

  /**
   * Copies bytes in. What lies between the end and the offset becomes zeros.
   *
   * @param offset not negative
   * @return how many, which is all of them unless there is no room for the rest
   * @throws FileException EROFS, ENOSPC, EFBIG, ...
   */
  default int write(long offset, byte[] source, int from, int length) {
    throw new FileException(Errno.EROFS);
  }

  /**
   * Cuts or extends it with zeros.
   *
   * @throws FileException as {@link #write}
   */
  default void truncate(long size) {
    throw new FileException(Errno.EROFS);
  }

  /** Whether it is still valid after its file system has gone back to an earlier state. */
  default boolean outlivesRestore() {
    return true;
  }

  /**
   * Makes a hole of a part: zeros that take no room. Does not change the size.
   *
   * @param from not negative, and less than {@code to}
   * @throws FileException as {@link #write}
   */
  default void punch(long from, long to) {
    throw new FileException(Errno.EROFS);
  }

  /**
   * Makes sure that there is room for what will be written to a part.
   *
   * @param from not negative, and less than {@code to}
   * @param extend whether the size becomes at least {@code to}
   * @throws FileException as {@link #write}
   */
  default void reserve(long from, long to, boolean extend) {
    throw new FileException(Errno.EROFS);
  }

  /**
   * The next byte at or behind an offset that is not in a hole; -1 if there is none.
   *
   * @param offset not negative
   */
  default long nextData(long offset) {
    return offset < status().size() ? offset : -1;
  }

  /**
   * The next byte at or behind an offset that is in a hole, as which the end counts.
   *
   * @param offset not negative, and less than the size
   */
  default long nextHole(long offset) {
    return status().size();
  }

  /**
   * The same for another sandbox's file system, which has the same trees in a state in which this
   * was open. To be closed, too.
   */
  FileContent in(Counterparts other);

  /**
   * The same for keeping, as a snapshot does: of no file system, so that nobody who runs meanwhile
   * is disturbed by it. Good for {@link #in} only, which any thread may call then. To be closed,
   * too.
   */
  default FileContent kept() {
    return this;
  }

  /** What it holds on the heap for itself, apart from what the tree it is in accounts for. */
  default long heapBytes() {
    return 0;
  }

  @Override
  void close();
}
