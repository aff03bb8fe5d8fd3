package io.hyperlight.internal.vfs;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.os.FileCalls;
import io.hyperlight.internal.os.HostFileStatus;
import io.hyperlight.internal.os.HostPath;
import io.hyperlight.internal.os.Posix;
import io.hyperlight.internal.os.SystemCallException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A directory or regular file of the host, to be read only. Its descriptor is open while file
 * systems use it.
 */
public final class HostSource implements TreeSource {
  private final Path path;
  private final @Nullable FileKind expected;

  private @Nullable HostRoot root;
  private int users;

  /** Nothing is opened yet. */
  public HostSource(Path path) {
    this(path, null);
  }

  /**
   * As {@link #HostSource(Path)}.
   *
   * @param expected what it has to be: of a path that was a file when the embedder chose it, nobody
   *     shall see a directory later
   */
  public HostSource(Path path, @Nullable FileKind expected) {
    this.path = path.toAbsolutePath();
    this.expected = expected;
  }

  /** What it was made for. */
  public Path path() {
    return path;
  }

  /** What it has to be; null if either. */
  public @Nullable FileKind expected() {
    return expected;
  }

  /**
   * The open root, for a file system that begins to use it and calls {@link #release} in the end.
   *
   * @throws SystemCallException if it cannot be opened
   */
  synchronized HostRoot retain() {
    HostRoot opened = root;
    if (opened == null) {
      opened = open();
      root = opened;
    }
    users++;
    return opened;
  }

  /** Once for each {@link #retain}. */
  synchronized void release() {
    if (root == null) {
      throw new IllegalStateException("released too often");
    }
    if (--users == 0) {
      int descriptor = root.descriptor();
      root = null;
      Posix.close(descriptor);
    }
  }

  private HostRoot open() {
    // The embedder's own path: its links are meant.
    int descriptor = Posix.open(path, FileCalls.O_PATH);
    try {
      HostFileStatus status = FileCalls.fstat(descriptor);
      FileKind kind = HostTree.kind(status);
      boolean fits =
          expected != null
              ? kind == expected
              : kind == FileKind.DIRECTORY || kind == FileKind.REGULAR;
      if (kind == null || !fits) {
        throw new SystemCallException(
            "open("
                + HostPath.text(path)
                + "), which is no "
                + (expected == FileKind.DIRECTORY ? "directory" : "regular file")
                + ",",
            Errno.EINVAL);
      }
      requireConfinement(descriptor);
      requireProc(descriptor, status);
      return new HostRoot(descriptor, kind);
    } catch (RuntimeException | Error e) {
      Posix.close(descriptor);
      throw e;
    }
  }

  /** Without {@code openat2} there is no lookup that stays in a directory whatever happens. */
  private static void requireConfinement(int descriptor) {
    int probe =
        FileCalls.openat2(descriptor, new byte[] {'.'}, FileCalls.O_PATH, HostTree.CONFINED);
    if (probe >= 0) {
      Posix.close(probe);
      return;
    }
    int errno = -probe;
    // Of a file, or a directory that cannot be entered, there is another error: that is fine.
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

  /** Files are opened through {@code /proc/self/fd}, which some containers lack. */
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
      Posix.close(again);
    }
  }

  /**
   * What is open while somebody uses it.
   *
   * @param descriptor made with {@link FileCalls#O_PATH}
   * @param kind directory or regular file
   */
  record HostRoot(int descriptor, FileKind kind) {}
}
