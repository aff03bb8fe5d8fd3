package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.linux.base.Buffers;
import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import java.util.Arrays;

/**
 * Moves as many bytes as a guest asks for, piece by piece, with a checkpoint after each. As on
 * Linux, completed pieces count. An error after the first piece only shortens the result. The guest
 * gets the error with its next call.
 */
final class Transfer {
  private static final byte[] NOTHING = {};

  private Transfer() {}

  /** Moves a piece. */
  @FunctionalInterface
  interface Step {
    /**
     * Moves bytes as {@link OpenFile#read} or {@link OpenFile#write} does.
     *
     * @param done how many bytes were moved before
     */
    int move(byte[] bytes, long done);
  }

  /**
   * Reads from a file to buffers.
   *
   * @param offset -1 for the current offset
   * @return how many bytes were read
   */
  static long read(Checkpoint checkpoint, OpenFile file, long offset, Buffers buffers, Step step) {
    byte[] bytes = NOTHING;
    long done = 0;
    do {
      int length = buffers.next(true);
      if (length == 0 && done == 0 && buffers.size() > 0) {
        requireNothingToRead(file, offset);
      }
      // A guest may have a large buffer for a few bytes. One more shows that there are no others.
      int room = (int) Math.min(length, file.mostToRead() + 1L);
      if (bytes.length != room) {
        bytes = new byte[room];
      }
      int moved = move(step, bytes, done);
      if (moved <= 0) {
        break;
      }
      buffers.put(bytes, moved);
      done += moved;
      if (moved < length) {
        break;
      }
      checkpoint.passBytes(moved);
    } while (done < buffers.size() && file.readsOn());
    return done;
  }

  /** Writes buffers to a file. Returns how many bytes were written. */
  static long write(Checkpoint checkpoint, Buffers buffers, Step step) {
    long done = 0;
    do {
      int length = buffers.next(false);
      if (length == 0 && buffers.size() > 0) {
        if (done == 0) {
          throw new FileException(Errno.EFAULT);
        }
        break;
      }
      int moved = move(step, buffers.take(length), done);
      done += Math.max(moved, 0);
      if (moved < length) {
        break;
      }
      checkpoint.passBytes(moved);
    } while (done < buffers.size());
    return done;
  }

  /** Throws EFAULT for a bad buffer, unless there are no bytes to read. */
  private static void requireNothingToRead(OpenFile file, long offset) {
    if (!file.isAtEnd(offset)) {
      throw new FileException(Errno.EFAULT);
    }
  }

  /** Moves a piece. Returns -1 if it fails and is not the first piece. */
  private static int move(Step step, byte[] bytes, long done) {
    try {
      return step.move(bytes, done);
    } catch (FileException e) {
      if (done == 0) {
        throw e;
      }
      return -1;
    }
  }

  /** Writes a piece of one file to another. */
  @FunctionalInterface
  interface Copy {
    /** Writes after the bytes written before. Returns how many bytes were written. */
    int write(byte[] bytes, long done);
  }

  /**
   * Copies bytes of a file, beginning at an offset.
   *
   * @param count not negative
   * @return how many bytes were copied
   */
  static long copy(Checkpoint checkpoint, OpenFile source, long offset, long count, Copy target) {
    long wanted = Math.min(count, Buffers.MAX_BYTES);
    long done = 0;
    while (done < wanted) {
      byte[] bytes = new byte[(int) Math.min(wanted - done, Buffers.PIECE)];
      int length;
      int written;
      try {
        length = source.readAt(offset + done, bytes);
        written = length == 0 ? 0 : target.write(Arrays.copyOf(bytes, length), done);
      } catch (FileException e) {
        if (done == 0) {
          throw e;
        }
        break;
      }
      done += written;
      if (written < bytes.length) {
        break;
      }
      checkpoint.passBytes(written);
    }
    return done;
  }
}
