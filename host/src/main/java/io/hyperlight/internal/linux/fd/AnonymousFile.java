package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.linux.wait.Deadline;
import io.hyperlight.internal.linux.wait.Restart;
import io.hyperlight.internal.linux.wait.WaitSource;
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

  /**
   * Returns what a call has to throw that finds nothing to do: it waits, or fails if the file does
   * not let calls wait.
   *
   * @param what for people: what the task waits for
   * @param changing ends the wait
   */
  final RuntimeException block(Caller caller, String what, WaitSource changing) {
    return has(OpenFlags.O_NONBLOCK)
        ? new FileException(Errno.EAGAIN)
        : caller.waiting().block(what, Deadline.NEVER, Restart.IF_HANDLER_ASKS, changing);
  }

  /** Returns whether there is nothing to read. A file that nobody reads always has something. */
  boolean isEmpty() {
    return false;
  }

  /**
   * {@inheritDoc}
   *
   * <p>There is never an end. A read that must not wait fails here, before a bad address would.
   */
  @Override
  final boolean isAtEnd(long at) {
    if (has(OpenFlags.O_NONBLOCK) && isEmpty()) {
      throw new FileException(Errno.EAGAIN);
    }
    return false;
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
