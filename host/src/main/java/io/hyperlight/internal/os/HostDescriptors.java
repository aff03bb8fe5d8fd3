package io.hyperlight.internal.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Opens, makes and closes descriptors, and works on files that belong to this library. Files of the
 * host that guests may read are read through {@link FileCalls}.
 *
 * <p>Every method is safe to call from any thread. A failed call throws {@link
 * SystemCallException}. Calls that a signal interrupts are repeated.
 */
public final class HostDescriptors {
  public static final int O_RDWR = 2;
  public static final int O_CLOEXEC = 0x80000;

  /** A flag of {@code memfd_create}. */
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
   * Opens a file, with close-on-exec.
   *
   * @return the descriptor
   * @throws SystemCallException if it cannot be opened
   * @throws StackOverflowError if the stack has no room to close the descriptor after an error;
   *     nothing is open then
   */
  public static int open(String path, int flags) {
    return open(path, path.getBytes(StandardCharsets.UTF_8), flags);
  }

  /** Opens a file as {@link #open(String, int)} does, for a path that may contain any bytes. */
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
   * Closes a descriptor. Allocates nothing, so it also works when the heap is full.
   *
   * <p>Linux releases the number even if an error occurs. The only such error would be that data
   * was not written, and this library writes only to files in memory.
   *
   * @throws SystemCallException if the descriptor was not open, so other code has closed it
   */
  public static void close(int fd) {
    MemorySegment errno = Release.ERRNO_OF_ALL;
    int result;
    try {
      result = (int) Release.CLOSE.invokeExact(errno, fd);
    } catch (OutOfMemoryError e) {
      Release.closeOnly(fd); // the heap was full before the call
      return;
    } catch (Throwable t) {
      throw Unchecked.rethrow(t);
    }
    // Do not repeat this after an interrupt: other code may have the number by now.
    if (result < 0 && Posix.errno(errno) == Errno.EBADF) {
      throw new SystemCallException("close(" + fd + ")", Errno.EBADF);
    }
  }

  /** Closes a descriptor that an error keeps from its caller. */
  static void closeIfOpen(int fd) {
    if (fd >= 0) {
      close(fd);
    }
  }

  /**
   * Creates an empty file in memory, with close-on-exec, that can be sealed.
   *
   * @param name for {@code /proc/self/maps}
   * @return its descriptor
   * @throws SystemCallException if the kernel refuses
   * @throws StackOverflowError if the stack has no room to close the descriptor after an error;
   *     nothing is open then
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
   * Calls {@code fcntl(2)} with a number as its argument.
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
   * @throws SystemCallException if the kernel refuses, possibly after a part was written
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
