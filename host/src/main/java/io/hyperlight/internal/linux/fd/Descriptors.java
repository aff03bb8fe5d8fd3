package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.linux.limits.ResourceLimits;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.os.StackRoom;
import io.hyperlight.internal.os.SystemCallException;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.value.Limits;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The table of descriptors. It maps each number to an open file. */
public final class Descriptors {
  /** The maximum number of descriptors of a program. */
  public static final int MAX = Limits.MAX_OPEN_FILES;

  /** How many descriptors a new process of Linux has room for: {@code NR_OPEN_DEFAULT}. */
  private static final int SMALL_TABLE = 64;

  private final Changes changes;

  /** Has this size. It grows to {@link #MAX} with the first number that does not fit. */
  private @Nullable OpenFile[] files = new @Nullable OpenFile[SMALL_TABLE];

  private boolean[] closeOnExec = new boolean[SMALL_TABLE];

  private final ResourceLimits limits;

  Descriptors(Changes changes, ResourceLimits limits) {
    this.changes = changes;
    this.limits = limits;
  }

  /** Returns how many descriptors the program can have. */
  int limit() {
    return limits.descriptors();
  }

  /**
   * Returns how many descriptors Linux's table would have room for. That table grows with its
   * numbers.
   */
  public int tableSize() {
    for (int number = files.length - 1; number >= SMALL_TABLE; number--) {
      if (files[number] != null) {
        return MAX;
      }
    }
    return SMALL_TABLE;
  }

  /** Returns the open file of a number, or null if there is none. */
  public @Nullable OpenFile find(int descriptor) {
    return descriptor >= 0 && descriptor < files.length ? files[descriptor] : null;
  }

  /**
   * Returns the open file of a number, even if it was opened as a path only.
   *
   * @throws FileException EBADF
   */
  public OpenFile any(int descriptor) {
    OpenFile file = find(descriptor);
    if (file == null) {
      throw new FileException(Errno.EBADF);
    }
    return file;
  }

  /**
   * Returns the open file of a number, unless it was opened as a path only.
   *
   * @throws FileException EBADF
   */
  public OpenFile get(int descriptor) {
    OpenFile file = any(descriptor);
    if (file instanceof PathFile) {
      throw new FileException(Errno.EBADF);
    }
    return file;
  }

  OpenFile readable(int descriptor) {
    OpenFile file = get(descriptor);
    if (!file.isReadable()) {
      throw new FileException(Errno.EBADF);
    }
    return file;
  }

  OpenFile writable(int descriptor) {
    OpenFile file = get(descriptor);
    if (!file.isWritable()) {
      throw new FileException(Errno.EBADF);
    }
    return file;
  }

  public boolean isCloseOnExec(int descriptor) {
    return closeOnExec[descriptor];
  }

  void setCloseOnExec(int descriptor, boolean wanted) {
    changes.note();
    closeOnExec[descriptor] = wanted;
  }

  /**
   * Checks that this many more descriptors can be opened.
   *
   * @throws FileException EMFILE
   */
  public void requireRoom(int wanted) {
    int free = 0;
    for (int number = 0; number < limit(); number++) {
      free += find(number) == null ? 1 : 0;
    }
    if (free < wanted) {
      throw new FileException(Errno.EMFILE);
    }
  }

  /**
   * Gives a file the lowest free number not below {@code from}.
   *
   * @throws FileException EMFILE
   */
  public int add(OpenFile file, int from, boolean cloexec) {
    for (int number = from; number < limit(); number++) {
      if (find(number) == null) {
        put(number, file, cloexec);
        return number;
      }
    }
    throw new FileException(Errno.EMFILE);
  }

  /** Gives a file a number. Closes what had the number before. */
  void put(int number, OpenFile file, boolean cloexec) {
    if (number >= files.length) {
      boolean[] more = Arrays.copyOf(closeOnExec, MAX);
      files = Arrays.copyOf(files, MAX);
      closeOnExec = more;
    }
    changes.note();
    OpenFile before = files[number];
    file.retain();
    files[number] = file;
    closeOnExec[number] = cloexec;
    if (before != null) {
      before.release();
    }
  }

  /**
   * Closes a descriptor.
   *
   * @throws FileException EBADF
   */
  void close(int descriptor) {
    OpenFile file = any(descriptor);
    StackRoom.require(); // this may release the last hold on a resource of the host
    drop(descriptor, file);
  }

  private void drop(int number, OpenFile file) {
    changes.note();
    files[number] = null;
    file.release();
  }

  /**
   * Closes all descriptors.
   *
   * @throws SystemCallException if closing one fails; the others are closed all the same
   * @throws OutOfMemoryError if the heap is full; the others are closed all the same
   */
  void closeAll() {
    StackRoom.require();
    SystemCallException failure = null; // a loop of its own: every restore runs this
    OutOfMemoryError full = null;
    for (int number = 0; number < files.length; number++) {
      OpenFile file = files[number];
      if (file != null) {
        try {
          drop(number, file);
        } catch (SystemCallException e) {
          failure = e;
        } catch (OutOfMemoryError e) { // others that watch a file are told that it is gone
          full = e;
        }
      }
    }
    if (full != null) {
      throw full;
    }
    if (failure != null) {
      throw failure;
    }
  }
}
