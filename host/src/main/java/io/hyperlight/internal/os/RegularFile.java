package io.hyperlight.internal.os;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A regular file that the embedder named, open for reading. Opening never waits and has no side
 * effect. This also holds if the path leads to a pipe without a writer, to a device, or to a file
 * that is replaced meanwhile. The checks apply to the open file and not to its path.
 *
 * <p>For one thread.
 */
public final class RegularFile implements SeekableByteChannel {
  /** The longest array that every JVM can make. */
  private static final int LONGEST_ARRAY = Integer.MAX_VALUE - 8;

  /** How many bytes to read of a file that reports a size of zero, as those in {@code /proc} do. */
  private static final int MAX_OF_EMPTY = 16 << 20;

  private static final int PIECE = 1 << 20;
  private static final int S_IFIFO = 0010000;
  private static final int S_IFCHR = 0020000;
  private static final int S_IFDIR = 0040000;
  private static final int S_IFBLK = 0060000;
  private static final int S_IFREG = 0100000;
  private static final int S_IFSOCK = 0140000;

  private final Path path;
  private final int descriptor;
  private final long size;
  private long position;
  private boolean closed;

  private RegularFile(Path path, int descriptor, long size) {
    this.path = path;
    this.descriptor = descriptor;
    this.size = size;
  }

  /** The file at a path is not a regular file. The reason says what it is, as in "a directory". */
  public static final class OtherKindException extends FileSystemException {
    private static final long serialVersionUID = 1L;

    private OtherKindException(Path path, String what) {
      super(HostPath.text(path), null, "is not a regular file but " + what);
    }
  }

  /**
   * Opens a file of the host.
   *
   * @param path in the default file system; symbolic links are followed
   * @throws OtherKindException if it is not a regular file
   * @throws IOException if it cannot be read
   */
  public static RegularFile open(Path path) throws IOException {
    try {
      int handle = HostDescriptors.open(path, FileCalls.O_PATH);
      RegularFile opened = null;
      try {
        opened = reopen(path, handle, requireRegular(path, handle));
      } finally {
        close(handle, opened);
      }
      return opened;
    } catch (SystemCallException e) {
      throw failure(path, e);
    }
  }

  /** Closes a handle. If that fails, also closes the opened file, which the caller will not get. */
  private static void close(int handle, @Nullable RegularFile opened) {
    try {
      HostDescriptors.close(handle);
    } catch (Throwable t) {
      if (opened != null) {
        opened.close();
      }
      throw t;
    }
  }

  private static HostFileStatus requireRegular(Path path, int descriptor) throws IOException {
    HostFileStatus status = FileCalls.fstat(descriptor);
    if (status.kind() != S_IFREG) {
      throw new OtherKindException(path, describe(status.kind()));
    }
    return status;
  }

  /** Opens the file of a handle for reading; without {@code /proc}, opens it by its path. */
  private static RegularFile reopen(Path path, int handle, HostFileStatus status)
      throws IOException {
    int flags = FileCalls.O_RDONLY | FileCalls.O_NONBLOCK | FileCalls.O_NOCTTY;
    int descriptor = FileCalls.reopen(handle, flags);
    if (descriptor == -Errno.ENOENT || descriptor == -Errno.ENOSYS) {
      descriptor = HostDescriptors.open(path, flags);
    }
    if (descriptor < 0) {
      throw failure(path, new SystemCallException("open", -descriptor));
    }
    try {
      if (!requireRegular(path, descriptor).isSameFile(status)) {
        throw new FileSystemException(
            HostPath.text(path), null, "was replaced while it was opened");
      }
      return new RegularFile(path, descriptor, status.size());
    } catch (Throwable t) {
      HostDescriptors.close(descriptor);
      throw t;
    }
  }

  /**
   * Returns the exception of the JDK for an error. If there is none, the message names the failed
   * call.
   */
  private static IOException failure(Path path, SystemCallException e) {
    return switch (e.errno()) {
      case Errno.ENOENT -> new NoSuchFileException(HostPath.text(path));
      case Errno.EACCES -> new AccessDeniedException(HostPath.text(path));
      case Errno.ENOTDIR -> new NotDirectoryException(HostPath.text(path));
      default -> new FileSystemException(HostPath.text(path), null, e.getMessage());
    };
  }

  private static String describe(int kind) {
    return switch (kind) {
      case S_IFIFO -> "a pipe";
      case S_IFCHR, S_IFBLK -> "a device";
      case S_IFDIR -> "a directory";
      case S_IFSOCK -> "a socket";
      default -> "something else";
    };
  }

  /**
   * Returns the contents of a file, up to its size at opening. If the file is not in the default
   * file system, returns what that file system reads.
   *
   * @throws OtherKindException if it is not a regular file
   * @throws IOException if it cannot be read, or is too large for an array
   */
  public static byte[] readAll(Path path) throws IOException {
    if (!isOfHost(path)) {
      return Files.readAllBytes(path);
    }
    try (RegularFile file = open(path)) {
      return file.readAll();
    }
  }

  /** Opens a file as {@link #open} does, for a path of any file system. */
  public static SeekableByteChannel channel(Path path) throws IOException {
    return isOfHost(path) ? open(path) : Files.newByteChannel(path);
  }

  private static boolean isOfHost(Path path) {
    return FileSystems.getDefault().equals(path.getFileSystem());
  }

  /**
   * Reads the file. A program that writes to it meanwhile can make the result shorter, but not
   * longer.
   */
  private byte[] readAll() throws IOException {
    try {
      return readUpToSize();
    } catch (OutOfMemoryError e) {
      throw new FileSystemException(
          HostPath.text(path), null, "does not fit on the heap: it has " + size + " bytes");
    }
  }

  private byte[] readUpToSize() throws IOException {
    if (size > LONGEST_ARRAY) {
      throw new FileSystemException(
          HostPath.text(path),
          null,
          "is too large: %d bytes, of at most %d".formatted(size, LONGEST_ARRAY));
    }
    int most = size == 0 ? MAX_OF_EMPTY : (int) size;
    byte[] contents = new byte[Math.min(most, PIECE)];
    int length = 0;
    while (true) {
      int count = readAt(length, contents, length, contents.length - length);
      length += count;
      if (count == 0 || length == most) {
        return length == contents.length ? contents : Arrays.copyOf(contents, length);
      }
      if (length == contents.length) {
        contents = Arrays.copyOf(contents, (int) Math.min(most, 2L * length));
      }
    }
  }

  private int readAt(long offset, byte[] target, int from, int length) throws IOException {
    int count = FileCalls.pread(descriptor, offset, target, from, Math.min(length, PIECE));
    if (count < 0) {
      throw failure(path, new SystemCallException("pread", -count));
    }
    return count;
  }

  /** Returns a path by which other code can open this same file while it is open here. */
  public Path name() {
    return Path.of("/proc/self/fd/" + descriptor);
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    requireOpen();
    if (!target.hasRemaining()) {
      return 0;
    }
    byte[] bytes = new byte[Math.min(target.remaining(), PIECE)];
    int count = readAt(position, bytes, 0, bytes.length);
    if (count == 0) {
      return -1;
    }
    target.put(bytes, 0, count);
    position += count;
    return count;
  }

  private void requireOpen() throws ClosedChannelException {
    if (closed) {
      throw new ClosedChannelException();
    }
  }

  @Override
  public long position() {
    return position;
  }

  @Override
  public SeekableByteChannel position(long newPosition) {
    position = newPosition;
    return this;
  }

  /** Returns the size that the file had when it was opened. */
  @Override
  public long size() {
    return size;
  }

  @Override
  public boolean isOpen() {
    return !closed;
  }

  @Override
  public int write(ByteBuffer source) {
    throw new NonWritableChannelException();
  }

  @Override
  public SeekableByteChannel truncate(long newSize) {
    throw new NonWritableChannelException();
  }

  @Override
  public void close() {
    if (!closed) {
      try {
        HostDescriptors.close(descriptor);
      } catch (SystemCallException e) {
        // Other code has closed the descriptor. The bytes that were read are valid all the same.
        // An exception here would keep the caller from releasing what it has made of them.
      }
      closed = true; // only now: after an error of the JVM, a second call can close it
    }
  }
}
