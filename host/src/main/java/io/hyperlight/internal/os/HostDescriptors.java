package io.hyperlight.internal.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Opens, makes and closes descriptors, and works on what they are of, if that belongs to this
 * library. What guests may read of the host is read through {@link FileCalls}.
 *
 * <p>Every method is safe to call from any thread. A failed call throws {@link
 * SystemCallException}. What a signal interrupted is done again.
 */
public final class HostDescriptors {
  public static final int O_RDWR = 2;
  public static final int O_CLOEXEC = 0x80000;

  /** Of {@code memfd_create}. */
  public static final int MFD_CLOEXEC = 1;

  public static final int MFD_ALLOW_SEALING = 2;

  public static final int F_ADD_SEALS = 1033;
  public static final int F_GET_SEALS = 1034;
  public static final int F_SEAL_SEAL = 1;
  public static final int F_SEAL_SHRINK = 2;
  public static final int F_SEAL_GROW = 4;
  public static final int F_SEAL_WRITE = 8;

  private HostDescriptors() {}

  /**
   * Opens a file, close-on-exec.
   *
   * @return the descriptor
   * @throws SystemCallException if it cannot be opened
   */
  public static int open(String path, int flags) {
    return open(path, path.getBytes(StandardCharsets.UTF_8), flags);
  }

  /** As {@link #open(String, int)}, for a path of the host whatever its name. */
  public static int open(Path path, int flags) {
    return open(HostPath.text(path), HostPath.bytes(path), flags);
  }

  private static int open(String path, byte[] bytes, int flags) {
    StackRoom.require();
    int fd = -1;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = Posix.allocateErrno(arena);
      MemorySegment name = arena.allocate(bytes.length + 1L);
      MemorySegment.copy(bytes, 0, name, ValueLayout.JAVA_BYTE, 0, bytes.length);
      do {
        fd = (int) NativeFunctions.OPEN.invokeExact(errno, name, flags | O_CLOEXEC, 0);
      } while (Posix.wasInterrupted(fd, errno));
      if (fd < 0) {
        throw new SystemCallException("open(" + path + ")", Posix.errno(errno));
      }
    } catch (Throwable t) {
      closeIfOpen(fd);
      throw Unchecked.rethrow(t);
    }
    return fd;
  }

  /**
   * Closes a descriptor. Allocates nothing: what has to be closed because the heap is full has to
   * be closed all the same.
   *
   * <p>Linux gives the number free whatever else goes wrong. That could only be that something was
   * not written, and nothing is written through descriptors of this library but what is in memory.
   *
   * @throws SystemCallException if it was not open: somebody else has closed it
   */
  public static void close(int fd) {
    MemorySegment errno = Release.ERRNO_OF_ALL;
    int result;
    try {
      result = (int) Release.CLOSE.invokeExact(errno, fd);
    } catch (OutOfMemoryError e) {
      Release.closeOnly(fd); // the heap was full before the call was made
      return;
    } catch (Throwable t) {
      throw Unchecked.rethrow(t);
    }
    // Not once more after an interrupt: somebody else may have the number by now.
    if (result < 0 && Posix.errno(errno) == Errno.EBADF) {
      throw new SystemCallException("close(" + fd + ")", Errno.EBADF);
    }
  }

  /** Closes what nobody will get, because an error came after it was opened. */
  static void closeIfOpen(int fd) {
    if (fd >= 0) {
      close(fd);
    }
  }

  /**
   * Creates an empty file in memory, close-on-exec, that can be sealed.
   *
   * @param name for {@code /proc/self/maps}
   * @return its descriptor
   * @throws SystemCallException if the kernel refuses
   */
  public static int memfdCreate(String name) {
    StackRoom.require();
    int fd = -1;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = Posix.allocateErrno(arena);
      MemorySegment label = arena.allocateFrom(name);
      int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
      do {
        fd = (int) NativeFunctions.MEMFD_CREATE.invokeExact(errno, label, flags);
      } while (Posix.wasInterrupted(fd, errno));
      if (fd < 0) {
        throw new SystemCallException("memfd_create", Posix.errno(errno));
      }
    } catch (Throwable t) {
      closeIfOpen(fd);
      throw Unchecked.rethrow(t);
    }
    return fd;
  }

  /**
   * Sets a file's size.
   *
   * @throws SystemCallException if the kernel refuses
   */
  public static void ftruncate(int fd, long sizeBytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = Posix.allocateErrno(arena);
      int result;
      do {
        result = (int) NativeFunctions.FTRUNCATE.invokeExact(errno, fd, sizeBytes);
      } while (Posix.wasInterrupted(result, errno));
      if (result < 0) {
        throw new SystemCallException("ftruncate(" + sizeBytes + " bytes)", Posix.errno(errno));
      }
    } catch (Throwable t) {
      throw Unchecked.rethrow(t);
    }
  }

  /**
   * One {@code fcntl(2)} with a number as its argument.
   *
   * @return what the call returned
   * @throws SystemCallException if the kernel refuses
   */
  public static int fcntl(int fd, int command, int argument) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = Posix.allocateErrno(arena);
      int result;
      do {
        result = (int) NativeFunctions.FCNTL.invokeExact(errno, fd, command, argument);
      } while (Posix.wasInterrupted(result, errno));
      if (result < 0) {
        throw new SystemCallException("fcntl(" + command + ")", Posix.errno(errno));
      }
      return result;
    } catch (Throwable t) {
      throw Unchecked.rethrow(t);
    }
  }

  /**
   * Writes all of some memory, on the heap or not, into a file.
   *
   * @throws SystemCallException if the kernel refuses, also after a part of it
   */
  public static void pwrite(int fd, MemorySegment source, long offset) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = Posix.allocateErrno(arena);
      long from =
          source.isNative()
              ? source.address()
              : arena.allocate(source.byteSize()).copyFrom(source).address();
      for (long done = 0; done < source.byteSize(); ) {
        long written =
            (long)
                NativeFunctions.PWRITE.invokeExact(
                    errno, fd, from + done, source.byteSize() - done, offset + done);
        if (written < 0 && !Posix.wasInterrupted(written, errno)) {
          throw new SystemCallException(
              "pwrite(" + source.byteSize() + " bytes)", Posix.errno(errno));
        }
        done += Math.max(written, 0);
      }
    } catch (Throwable t) {
      throw Unchecked.rethrow(t);
    }
  }
}
