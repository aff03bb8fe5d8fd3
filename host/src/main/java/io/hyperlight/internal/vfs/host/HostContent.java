package io.hyperlight.internal.vfs.host;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.os.FileCalls;
import io.hyperlight.internal.os.HostFileStatus;
import io.hyperlight.internal.os.SystemCallException;
import io.hyperlight.internal.vfs.Counterparts;
import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.FileStatus;
import java.util.Objects;

/**
 * An open regular file of the host. It is read with {@code pread} and never mapped, since another
 * process may truncate the file at any time.
 */
final class HostContent implements FileContent {
  /** The number of bytes to read at a time. Each read needs as much native memory. */
  private static final int PIECE = 64 * 1024;

  private final int device;
  private final SharedDescriptor descriptor;
  private boolean closed;

  /**
   * Takes over the caller's hold on the descriptor.
   *
   * @param device the number of the file's tree
   */
  HostContent(int device, SharedDescriptor descriptor) {
    this.device = device;
    this.descriptor = descriptor;
  }

  private int descriptor() {
    if (closed) {
      throw new FileException(Errno.EBADF);
    }
    return descriptor.number();
  }

  @Override
  public FileStatus status() {
    try {
      HostFileStatus host = FileCalls.fstat(descriptor());
      return HostView.status(device, host, FileKind.REGULAR);
    } catch (SystemCallException e) {
      throw new FileException(Errno.EIO);
    }
  }

  /** Needs no call of the host, which may fail. */
  @Override
  public FileKind kind() {
    return FileKind.REGULAR;
  }

  @Override
  public int read(long offset, byte[] target, int from, int length) {
    Objects.checkFromIndexSize(from, length, target.length);
    int number = descriptor();
    int done = 0;
    while (done < length && offset <= Long.MAX_VALUE - length) {
      int piece = Math.min(length - done, PIECE);
      int count = FileCalls.pread(number, offset + done, target, from + done, piece);
      if (count < 0 && done == 0) {
        throw new FileException(HostView.forGuest(-count));
      }
      if (count <= 0) {
        break;
      }
      done += count;
    }
    return done;
  }

  @Override
  public FileContent in(Counterparts other) {
    return kept();
  }

  @Override
  public FileContent kept() {
    return new HostContent(device, descriptor.retain());
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      descriptor.release();
    }
  }
}
