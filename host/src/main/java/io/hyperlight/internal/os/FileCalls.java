package io.hyperlight.internal.os;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/**
 * System calls on the host's files, for lookups that must not leave a directory. Names are bytes
 * here, since the kernel has no encoding for them.
 *
 * <p>Every method is safe to call from any thread. If guests can make a call fail, the method
 * returns the negated error number, as the kernel does. An exception would cost more than the call.
 * Interrupted calls are repeated.
 *
 * <p>Numbers and layouts are those of x86-64, from the kernel's {@code asm/unistd_64.h}, {@code
 * asm/stat.h}, {@code linux/openat2.h} and {@code linux/dirent.h}.
 */
public final class FileCalls {
  public static final int O_RDONLY = 0;
  public static final int O_NOCTTY = 0x100;
  public static final int O_NONBLOCK = 0x800;
  public static final int O_DIRECTORY = 0x10000;
  public static final int O_NOFOLLOW = 0x20000;
  public static final int O_PATH = 0x200000;

  /** Makes a lookup fail at mount points. */
  public static final int RESOLVE_NO_XDEV = 1;

  public static final int RESOLVE_NO_MAGICLINKS = 2;
  public static final int RESOLVE_NO_SYMLINKS = 4;

  /** Makes a lookup fail if the path leads out of the directory from which it starts. */
  public static final int RESOLVE_BENEATH = 8;

  private static final long SYS_READ = 0;
  private static final long SYS_WRITE = 1;
  private static final long SYS_FSTAT = 5;
  private static final long SYS_POLL = 7;
  private static final long SYS_PREAD64 = 17;
  private static final long SYS_GETDENTS64 = 217;
  private static final long SYS_READLINKAT = 267;
  private static final long SYS_OPENAT2 = 437;

  private static final int AT_FDCWD = -100;

  private static final int SIZE_OF_STAT = 144;
  private static final int SIZE_OF_OPEN_HOW = 24;
  private static final int LONGEST_LINK = 4096;
  private static final int SIZE_OF_POLLFD = 8;

  /** Some 500 million years, which an {@link Instant} can hold. */
  private static final long MAX_SECONDS = 1L << 54;

  private FileCalls() {}

  private static final class Linked {
    static final MethodHandle SYSCALL =
        Posix.link(
            "syscall",
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
            Linker.Option.firstVariadicArg(1),
            Posix.capturingErrno());
  }

  /** Makes a system call, and repeats it while signals interrupt it. */
  private static long call(Arena arena, long number, long a, long b, long c, long d) {
    MemorySegment errno = Posix.allocateErrno(arena);
    try {
      while (true) {
        long result = (long) Linked.SYSCALL.invokeExact(errno, number, a, b, c, d);
        if (result >= 0) {
          return result;
        }
        if (Posix.errno(errno) != Errno.EINTR) {
          return -Posix.errno(errno);
        }
      }
    } catch (Throwable t) {
      throw Unchecked.rethrow(t);
    }
  }

  private static MemorySegment string(Arena arena, byte[] bytes) {
    MemorySegment string = arena.allocate(bytes.length + 1L);
    MemorySegment.copy(bytes, 0, string, ValueLayout.JAVA_BYTE, 0, bytes.length);
    return string;
  }

  /**
   * Calls {@code openat2(2)}, with close-on-exec.
   *
   * @param directory where a relative path begins
   * @param path without a zero byte
   * @param resolve the {@code RESOLVE_} flags
   * @return a descriptor, or a negative error number
   * @throws StackOverflowError if the stack has no room to close the descriptor after an error;
   *     nothing is open then
   */
  public static int openat2(int directory, byte[] path, int flags, int resolve) {
    StackRoom.require();
    int opened = -1;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment how = arena.allocate(SIZE_OF_OPEN_HOW, Long.BYTES);
      how.set(ValueLayout.JAVA_LONG, 0, flags | HostDescriptors.O_CLOEXEC);
      how.set(ValueLayout.JAVA_LONG, 16, resolve);
      opened =
          (int)
              call(
                  arena,
                  SYS_OPENAT2,
                  directory,
                  string(arena, path).address(),
                  how.address(),
                  SIZE_OF_OPEN_HOW);
    } catch (Throwable t) {
      HostDescriptors.closeIfOpen(opened);
      throw t;
    }
    return opened;
  }

  /**
   * Opens the file of another descriptor once more, with close-on-exec. It is the same file, even
   * if another file has its path by now. Needs {@code /proc}.
   *
   * @return a descriptor, or a negative error number
   */
  public static int reopen(int descriptor, int flags) {
    byte[] path = ("/proc/self/fd/" + descriptor).getBytes(StandardCharsets.US_ASCII);
    return openat2(AT_FDCWD, path, flags, 0);
  }

  /**
   * Calls {@code fstat(2)}.
   *
   * @throws SystemCallException if it fails, which only a broken disk or server causes
   */
  public static HostFileStatus fstat(int descriptor) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment stat = arena.allocate(SIZE_OF_STAT, Long.BYTES);
      long result = call(arena, SYS_FSTAT, descriptor, stat.address(), 0, 0);
      if (result < 0) {
        throw new SystemCallException("fstat", (int) -result);
      }
      return new HostFileStatus(
          stat.get(ValueLayout.JAVA_LONG, 0),
          stat.get(ValueLayout.JAVA_LONG, 8),
          stat.get(ValueLayout.JAVA_INT, 24),
          stat.get(ValueLayout.JAVA_LONG, 16),
          stat.get(ValueLayout.JAVA_LONG, 48),
          time(stat, 72),
          time(stat, 88),
          time(stat, 104));
    }
  }

  /** Reads a time. Some file systems have times that Java cannot represent. */
  private static Instant time(MemorySegment stat, long offset) {
    long seconds = stat.get(ValueLayout.JAVA_LONG, offset);
    long nanos = stat.get(ValueLayout.JAVA_LONG, offset + Long.BYTES);
    return Instant.ofEpochSecond(
        Math.clamp(seconds, -MAX_SECONDS, MAX_SECONDS), Math.clamp(nanos, 0, 999_999_999));
  }

  /**
   * Calls {@code pread(2)}.
   *
   * @return how many bytes, 0 at the end, or a negative error number
   */
  public static int pread(int descriptor, long offset, byte[] target, int from, int length) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(length);
      int count = (int) call(arena, SYS_PREAD64, descriptor, buffer.address(), length, offset);
      if (count > 0) {
        MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, 0, target, from, count);
      }
      return count;
    }
  }

  /**
   * Calls {@code read(2)}.
   *
   * @return how many bytes, 0 at the end, or a negative error number
   */
  public static int read(int descriptor, byte[] target, int from, int length) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(length);
      int count = (int) call(arena, SYS_READ, descriptor, buffer.address(), length, 0);
      if (count > 0) {
        MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, 0, target, from, count);
      }
      return count;
    }
  }

  /**
   * Calls {@code write(2)}.
   *
   * @return how many bytes, or a negative error number
   */
  public static int write(int descriptor, byte[] source, int from, int length) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(length);
      MemorySegment.copy(source, from, buffer, ValueLayout.JAVA_BYTE, 0, length);
      return (int) call(arena, SYS_WRITE, descriptor, buffer.address(), length, 0);
    }
  }

  /**
   * Calls {@code poll(2)} for one descriptor.
   *
   * @param events what to wait for; errors and hang-ups always end the wait, too
   * @return 1 if an event has occurred, 0 after the time, or a negative error number
   */
  public static int poll(int descriptor, int events, int millis) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment waiting = arena.allocate(SIZE_OF_POLLFD, Integer.BYTES);
      waiting.set(ValueLayout.JAVA_INT, 0, descriptor);
      waiting.set(ValueLayout.JAVA_SHORT, Integer.BYTES, (short) events);
      return (int) call(arena, SYS_POLL, waiting.address(), 1, millis, 0);
    }
  }

  /**
   * Calls {@code getdents64(2)}.
   *
   * @param target filled with {@code struct linux_dirent64}
   * @return how many bytes, 0 at the end, or a negative error number
   */
  public static int getdents64(int descriptor, byte[] target) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(target.length, Long.BYTES);
      int count = (int) call(arena, SYS_GETDENTS64, descriptor, buffer.address(), target.length, 0);
      if (count > 0) {
        MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, 0, target, 0, count);
      }
      return count;
    }
  }

  /**
   * Calls {@code readlinkat(2)} on the descriptor of a symbolic link itself, which was opened with
   * {@link #O_PATH} and {@link #O_NOFOLLOW}.
   *
   * @throws SystemCallException if it is not a symbolic link, or cannot be read
   */
  public static byte[] readlink(int descriptor) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(LONGEST_LINK);
      long count =
          call(
              arena,
              SYS_READLINKAT,
              descriptor,
              string(arena, new byte[0]).address(),
              buffer.address(),
              LONGEST_LINK);
      if (count < 0) {
        throw new SystemCallException("readlinkat", (int) -count);
      }
      return buffer.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE);
    }
  }
}
