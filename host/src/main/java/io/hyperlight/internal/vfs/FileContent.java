package io.hyperlight.internal.vfs;

import io.hyperlight.internal.os.Errno;

/**
 * The contents of an open regular file or device. Each opening makes a new object, which its owner
 * closes with {@link #close}. By default, contents are read-only: the methods that change them fail
 * with EROFS. For one thread at a time.
 */
public interface FileContent extends AutoCloseable {
  /** Returns the current status of the file. */
  FileStatus status();

  /** Returns the kind of the file, which never changes. */
  default FileKind kind() {
    return status().kind();
  }

  /**
   * Copies bytes out of the file.
   *
   * @param offset not negative
   * @return how many bytes; 0 at the end
   * @throws FileException if reading fails
   */
  int read(long offset, byte[] target, int from, int length);

  /**
   * Copies bytes into the file. A gap between the end and the offset becomes zeros.
   *
   * @param offset not negative
   * @return how many bytes: all of them, unless there is no room for the rest
   * @throws FileException EROFS, ENOSPC, EFBIG, ...
   */
  default int write(long offset, byte[] source, int from, int length) {
    throw new FileException(Errno.EROFS);
  }

  /**
   * Cuts the file, or extends it with zeros.
   *
   * @throws FileException as {@link #write}
   */
  default void truncate(long size) {
    throw new FileException(Errno.EROFS);
  }

  /**
   * Answers whether the contents stay valid when their file system goes back to an earlier state.
   */
  default boolean outlivesRestore() {
    return true;
  }

  /**
   * Makes a hole in the file: zeros that take no room. The size stays the same.
   *
   * @param from not negative, and less than {@code to}
   * @throws FileException as {@link #write}
   */
  default void punch(long from, long to) {
    throw new FileException(Errno.EROFS);
  }

  /**
   * Makes sure that there is room for later writes to a part of the file.
   *
   * @param from not negative, and less than {@code to}
   * @param extend whether the size becomes at least {@code to}
   * @throws FileException as {@link #write}
   */
  default void reserve(long from, long to, boolean extend) {
    throw new FileException(Errno.EROFS);
  }

  /**
   * Returns the offset of the next byte that is not in a hole, starting at a given one; -1 if there
   * is none.
   *
   * @param offset not negative
   */
  default long nextData(long offset) {
    return offset < status().size() ? offset : -1;
  }

  /**
   * Returns the offset of the next byte that is in a hole, starting at a given one. The end of the
   * file counts as a hole.
   *
   * @param offset not negative, and less than the size
   */
  default long nextHole(long offset) {
    return status().size();
  }

  /**
   * Returns the same open file in another sandbox's file system. That file system has the same
   * trees, in a state in which this file was open. The caller closes the result.
   */
  FileContent in(Counterparts other);

  /**
   * Returns a copy of this open file that a snapshot can keep. The copy belongs to no file system,
   * so it disturbs nothing that runs. Its only use is {@link #in}, which any thread may call on it.
   * The caller closes the copy.
   */
  default FileContent kept() {
    return this;
  }

  /** Returns how many bytes of the heap this object takes, without what its tree accounts for. */
  default long heapBytes() {
    return 0;
  }

  @Override
  void close();
}
