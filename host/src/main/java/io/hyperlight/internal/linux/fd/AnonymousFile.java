package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.FileStatus;

/**
 * An open file without a name, a place or a kind of its own, such as a counter of events. As on
 * Linux, all of them have one inode.
 */
public abstract class AnonymousFile extends OpenFile {
  private static final long INODE = 15;

  private static final FileStatus STATUS =
      new FileStatus(
          0,
          INODE,
          FileKind.ANONYMOUS,
          0600,
          1,
          0,
          FileStatus.BEGINNING,
          FileStatus.BEGINNING,
          FileStatus.BEGINNING,
          0);

  private final String kind;

  /**
   * Creates a file.
   *
   * @param kind as {@code /proc/self/fd} shows it
   */
  AnonymousFile(Changes changes, int flags, String kind) {
    super(changes, flags, null);
    this.kind = kind;
  }

  @Override
  public final FileStatus status() {
    return STATUS;
  }

  @Override
  public final String name() {
    return "anon_inode:" + kind;
  }

  /** Does nothing, as Linux does for these files. */
  @Override
  final long seek(long offset, int whence) {
    return 0;
  }

  @Override
  int read(Caller caller, byte[] target) {
    throw new FileException(Errno.EINVAL);
  }

  @Override
  int write(Caller caller, byte[] source) {
    throw new FileException(Errno.EINVAL);
  }
}
