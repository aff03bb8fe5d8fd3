package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.linux.limits.ResourceLimits;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.os.StackRoom;
import io.hyperlight.internal.os.SystemCallException;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.value.Limits;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The table of descriptors: which open file each number is. */
public final class Descriptors {
  /** How many a program can have at most. */
  public static final int MAX = Limits.MAX_OPEN_FILES;

  /** As many as a new process of Linux has room for: {@code NR_OPEN_DEFAULT}. */
  private static final int SMALL_TABLE = 64;

  private final Changes changes;

  /** Of this size, or {@link #MAX} from the first number behind it on. */
  private @Nullable OpenFile[] files = new @Nullable OpenFile[SMALL_TABLE];

  private boolean[] closeOnExec = new boolean[SMALL_TABLE];

  private final ResourceLimits limits;

  Descriptors(Changes changes, ResourceLimits limits) {
    this.changes = changes;
    this.limits = limits;
  }

  /** How many the program can have. */
  int limit() {
    return limits.descriptors();
  }

  /** How many Linux's table would have room for, which grows with the numbers in it. */
  public int tableSize() {
    for (int number = files.length - 1; number >= SMALL_TABLE; number--) {
      if (files[number] != null) {
        return MAX;
      }
    }
    return SMALL_TABLE;
  }

  /** Null if nothing is open there. */
  public @Nullable OpenFile find(int descriptor) {
    return descriptor >= 0 && descriptor < files.length ? files[descriptor] : null;
  }

  /**
   * What is open there, also as a path only.
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
   * What is open there, not as a path only.
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
   * Makes sure that so many more can be opened.
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
   * Gives a file the lowest free number from one on.
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

  /** Gives a file a number, whatever had it before. */
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
   * Closes one.
   *
   * @throws FileException EBADF
   */
  void close(int descriptor) {
    OpenFile file = any(descriptor);
    StackRoom.require(); // it may be the last holder of something of the host's
    drop(descriptor, file);
  }

  private void drop(int number, OpenFile file) {
    changes.note();
    files[number] = null;
    file.release();
  }

  /**
   * Closes all.
   *
   * @throws SystemCallException if that of one fails, after all the others
   */
  void closeAll() {
    StackRoom.require();
    SystemCallException failure = null; // a loop of its own: this is on the way of every restore
    for (int number = 0; number < files.length; number++) {
      OpenFile file = files[number];
      if (file != null) {
        try {
          drop(number, file);
        } catch (SystemCallException e) {
          failure = e;
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
