package io.hyperlight.internal.vfs.host;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.os.FileCalls;
import io.hyperlight.internal.os.HostDescriptors;
import io.hyperlight.internal.os.HostFileStatus;
import io.hyperlight.internal.os.HostPath;
import io.hyperlight.internal.os.SystemCallException;
import io.hyperlight.internal.vfs.FileKind;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The directory or regular file of the host at the root of a tree. Its descriptor is open while a
 * tree uses it. For many threads.
 */
final class HostRoot {
  private final Path path;
  private final @Nullable FileKind expected;

  private @Nullable Opened opened;
  private int users;

  HostRoot(Path path, @Nullable FileKind expected) {
    this.path = path.toAbsolutePath();
    this.expected = expected;
  }

  Path path() {
    return path;
  }

  /** Returns the required kind; null if a directory and a regular file will do. */
  @Nullable FileKind expected() {
    return expected;
  }

  /**
   * Returns the open root to a tree, and opens it for the first one. The tree calls {@link
   * #release} in the end.
   *
   * @throws SystemCallException if the root cannot be opened
   */
  synchronized Opened retain() {
    Opened root = opened;
    if (root == null) {
      root = open();
      opened = root;
    }
    users++;
    return root;
  }

  /** Ends one {@link #retain}. The last one closes the descriptor. */
  synchronized void release() {
    if (opened == null) {
      throw new IllegalStateException("released too often");
    }
    if (--users == 0) {
      int descriptor = opened.descriptor();
      opened = null;
      HostDescriptors.close(descriptor);
    }
  }

  private Opened open() {
    // The embedder chose this path, so its symbolic links are followed.
    int descriptor = HostDescriptors.open(path, FileCalls.O_PATH);
    try {
      HostFileStatus status = FileCalls.fstat(descriptor);
      FileKind kind = HostView.kind(status);
      boolean fits =
          expected != null
              ? kind == expected
              : kind == FileKind.DIRECTORY || kind == FileKind.REGULAR;
      if (kind == null || !fits) {
        throw new SystemCallException(
            "open("
                + HostPath.text(path)
                + "), which is not a "
                + (expected == FileKind.DIRECTORY ? "directory" : "regular file")
                + ",",
            Errno.EINVAL);
      }
      requireConfinement(descriptor);
      requireProc(descriptor, status);
      return new Opened(descriptor, kind);
    } catch (RuntimeException | Error e) {
      HostDescriptors.close(descriptor);
      throw e;
    }
  }

  /**
   * Checks that {@code openat2} works. Nothing else makes a lookup stay in a directory under all
   * circumstances.
   */
  private static void requireConfinement(int descriptor) {
    int probe =
        FileCalls.openat2(descriptor, new byte[] {'.'}, FileCalls.O_PATH, HostView.CONFINED);
    if (probe >= 0) {
      HostDescriptors.close(probe);
      return;
    }
    int errno = -probe;
    // Other errors are fine: a file fails differently, and so does a directory that cannot be
    // entered.
    if (errno == Errno.ENOSYS
        || errno == Errno.EPERM
        || errno == Errno.EINVAL
        || errno == Errno.E2BIG) {
      throw new SystemCallException(
          "openat2, which files of the host need (Linux 5.6, and a sandbox around the JVM that"
              + " allows it),",
          errno);
    }
  }

  /** Checks that files can be opened through {@code /proc/self/fd}, which some containers lack. */
  private static void requireProc(int descriptor, HostFileStatus status) {
    int again = FileCalls.reopen(descriptor, FileCalls.O_PATH);
    if (again < 0) {
      throw new SystemCallException("open(/proc/self/fd/" + descriptor + ")", -again);
    }
    try {
      if (!FileCalls.fstat(again).isSameFile(status)) {
        throw new SystemCallException(
            "open(/proc/self/fd/" + descriptor + "), which is another file,", Errno.EINVAL);
      }
    } finally {
      HostDescriptors.close(again);
    }
  }

  /**
   * The open root.
   *
   * @param descriptor made with {@link FileCalls#O_PATH}
   * @param kind directory or regular file
   */
  record Opened(int descriptor, FileKind kind) {}
}
