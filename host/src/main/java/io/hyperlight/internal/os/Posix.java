package io.hyperlight.internal.os;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * System calls of the C library, through {@code java.lang.foreign}. The only class that links
 * native functions; {@link FileCalls} has those that are about files, made with its help.
 *
 * <p>Every method is safe to call from any thread. A failed call throws {@link
 * SystemCallException}, except {@link #ioctl(MemorySegment, int, long, long)}, whose callers are on
 * the hot path and look at the result themselves. What a signal interrupted is done again.
 */
public final class Posix {
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

  public static final int MADV_DONTNEED = 4;

  /** Advice that core dumps shall not have a mapping. */
  private static final int MADV_DONTDUMP = 16;

  /** The system property that leaves the memory of guests in core dumps, for debugging. */
  static final String DUMP_GUESTS = "hyperlight.dumpGuests";

  private static final boolean DUMPS_GUESTS = Boolean.getBoolean(DUMP_GUESTS);

  public static final int PROT_READ = 1;
  public static final int PROT_WRITE = 2;

  public static final int MAP_SHARED = 1;
  public static final int MAP_PRIVATE = 2;
  public static final int MAP_FIXED = 0x10;
  public static final int MAP_ANONYMOUS = 0x20;
  public static final int MAP_NORESERVE = 0x4000;

  private static final StructLayout CAPTURED_STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      CAPTURED_STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  private Posix() {}

  /**
   * The linked functions. In a holder of its own so that a refusal by the JVM becomes an exception
   * that can be thrown again and again, with the cure in its message, and not a {@code
   * NoClassDefFoundError} from the second time on.
   */
  private static final class Functions {
    final MethodHandle open;
    final MethodHandle mmap;
    final MethodHandle madvise;
    final MethodHandle mprotect;
    final MethodHandle memfdCreate;
    final MethodHandle ftruncate;
    final MethodHandle fcntl;
    final MethodHandle pwrite;

    Functions() {
      Linker linker = Linker.nativeLinker();
      Linker.Option errno = Linker.Option.captureCallState("errno");
      Linker.Option variadic = Linker.Option.firstVariadicArg(2);
      open =
          link(
              linker,
              "open",
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT,
                  ValueLayout.ADDRESS,
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_INT),
              variadic,
              errno);
      mmap =
          link(
              linker,
              "mmap",
              FunctionDescriptor.of(
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_LONG),
              errno);
      madvise =
          link(
              linker,
              "madvise",
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_INT),
              errno);
      mprotect =
          link(
              linker,
              "mprotect",
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_INT),
              errno);
      memfdCreate =
          link(
              linker,
              "memfd_create",
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
              errno);
      ftruncate =
          link(
              linker,
              "ftruncate",
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG),
              errno);
      fcntl =
          link(
              linker,
              "fcntl",
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_INT),
              variadic,
              errno);
      pwrite =
          link(
              linker,
              "pwrite",
              FunctionDescriptor.of(
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_LONG),
              errno);
    }
  }

  /**
   * {@code ioctl} without the error number: to have that captured, the JDK may allocate an object
   * for each call.
   */
  private static final class PlainIoctl {
    static final MethodHandle HANDLE =
        link(
            Linker.nativeLinker(),
            "ioctl",
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG),
            Linker.Option.firstVariadicArg(2));
  }

  /** {@code ioctl}, on its own because the hot path wants it as a constant. */
  private static final class Ioctl {
    static final MethodHandle HANDLE =
        link(
            Linker.nativeLinker(),
            "ioctl",
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG),
            Linker.Option.firstVariadicArg(2),
            Linker.Option.captureCallState("errno"));
  }

  /**
   * What gives things back, on its own and as constants: called through anything else, a handle may
   * have to allocate first, and a full heap is when things are given back.
   */
  private static final class Release {
    /**
     * One for all threads, since nothing may be allocated: of calls that fail in the same moment,
     * one may be told the error number of another.
     */
    static final MemorySegment ERRNO_OF_ALL = allocateErrno(Arena.global());

    /** Mappings that the kernel could not take back yet. */
    static final Queue<MemorySegment> LEFT = new ConcurrentLinkedQueue<>();

    static final MethodHandle CLOSE =
        link(
            Linker.nativeLinker(),
            "close",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT),
            Linker.Option.captureCallState("errno"));

    static final MethodHandle MUNMAP =
        link(
            Linker.nativeLinker(),
            "munmap",
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG),
            Linker.Option.captureCallState("errno"));

    // A handle that captures errno makes a small object before it calls, unless the JIT has
    // removed that. These do not, and take its place when there is no room for it.

    static final MethodHandle CLOSE_ONLY =
        link(
            Linker.nativeLinker(),
            "close",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    static final MethodHandle MUNMAP_ONLY =
        link(
            Linker.nativeLinker(),
            "munmap",
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));

    static {
      // The first call, which fails, makes whatever a handle needs for later ones.
      try {
        closeOnly(-1);
        int _ = unmapOnly(1, 0);
      } catch (Throwable t) {
        throw unexpected(t);
      }
    }

    /** Closes a descriptor, and does not say whether it was open. */
    static void closeOnly(int fd) throws Throwable {
      int _ = (int) CLOSE_ONLY.invokeExact(fd);
    }

    /** Unmaps; 0, or ENOMEM for whatever went wrong. */
    static int unmapOnly(long address, long sizeBytes) throws Throwable {
      int result = (int) MUNMAP_ONLY.invokeExact(address, sizeBytes);
      return result < 0 ? Errno.ENOMEM : 0;
    }
  }

  /** Where in the code of {@link #installRunCode} the second function begins. */
  public static final int RUN_CODE_SECOND = 128;

  private static final int PROT_EXEC = 4;
  private static final int PAGE_SIZE = 4096;

  private static volatile @Nullable MemorySegment runCode;

  /** The functions of {@link #installRunCode}, after it. */
  private static final class RunCode {
    static final MethodHandle RUN =
        interposer.interpose(
            "ioctl",
            linkCode(
                0,
                FunctionDescriptor.of(
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG)));

    static final MethodHandle SECOND =
        linkCode(RUN_CODE_SECOND, FunctionDescriptor.of(ValueLayout.JAVA_INT));

    @SuppressWarnings("restricted")
    private static MethodHandle linkCode(long offset, FunctionDescriptor descriptor) {
      return Linker.nativeLinker()
          .downcallHandle(Objects.requireNonNull(runCode).asSlice(offset), descriptor);
    }
  }

  private static final class Linked {
    static final Functions FUNCTIONS = new Functions();
  }

  private static volatile boolean granted;

  /** Comes between this library and a native function. */
  @FunctionalInterface
  interface Interposer {
    /** What is to be called in place of a function; of the same type. */
    MethodHandle interpose(String name, MethodHandle function);
  }

  /**
   * Nobody, but in tests of failures: each in a JVM of its own, before anything is linked. So what
   * is linked is a constant always, and there is nothing that could be set from outside.
   */
  static volatile Interposer interposer = (_, function) -> function;

  @SuppressWarnings("restricted")
  static MethodHandle link(
      Linker linker, String name, FunctionDescriptor descriptor, Linker.Option... options) {
    return interposer.interpose(
        name,
        linker.downcallHandle(
            linker.defaultLookup().find(name).orElseThrow(), descriptor, options));
  }

  /**
   * Makes sure that the JVM lets this library call native functions.
   *
   * @throws NativeAccessException if it does not, with the option that cures it
   */
  public static void requireNativeAccess() {
    if (granted) {
      return;
    }
    try {
      // Any restricted method asks the JVM. This one has no effect of its own.
      asSegment(0, 0);
      granted = true;
    } catch (IllegalCallerException e) {
      throw new NativeAccessException(
          "the JVM denies native access to this library: start java with --enable-native-access="
              + (Posix.class.getModule().isNamed()
                  ? Posix.class.getModule().getName()
                  : "ALL-UNNAMED"),
          e);
    }
  }

  /**
   * Room for the error number of one thread's calls; see {@link #ioctl(MemorySegment, int, long,
   * long)}.
   */
  public static MemorySegment allocateErrno(Arena arena) {
    return arena.allocate(CAPTURED_STATE);
  }

  /** The error number the last failed call left in {@code errno}. */
  public static int errno(MemorySegment errno) {
    return (int) ERRNO.get(errno, 0L);
  }

  /**
   * One {@code ioctl(2)}, without checks and without allocation.
   *
   * @param errno from {@link #allocateErrno}; holds the error number if the result is negative
   * @return what the call returned: -1 for failure
   */
  public static int ioctl(MemorySegment errno, int fd, long request, long argument) {
    try {
      return (int) Ioctl.HANDLE.invokeExact(errno, fd, request, argument);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /**
   * One {@code ioctl(2)} whose error number is not asked for, without any allocation.
   *
   * @return what the call returned: -1 for failure
   */
  public static int ioctl(int fd, long request, long argument) {
    try {
      return (int) PlainIoctl.HANDLE.invokeExact(fd, request, argument);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /**
   * Puts code on a page of its own, for {@link #runIoctl} and {@link #runSecond}, if that has not
   * been done yet. It stays there, and cannot be written.
   *
   * @param code two functions: one with the parameters of {@code ioctl} at the beginning, one
   *     without any at {@link #RUN_CODE_SECOND}
   * @throws SystemCallException if the kernel refuses
   */
  public static synchronized void installRunCode(byte[] code) {
    if (runCode != null) {
      return;
    }
    MemorySegment page = mmap(PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    try {
      MemorySegment.copy(code, 0, page, ValueLayout.JAVA_BYTE, 0, code.length);
      mprotect(page, PROT_READ | PROT_EXEC);
    } catch (Throwable t) {
      munmap(page);
      throw t;
    }
    runCode = page;
  }

  /**
   * As {@link #ioctl(int, long, long)}, by the first function of {@link #installRunCode}.
   *
   * @return 0, or -1 for failure
   */
  public static int runIoctl(int fd, long request, long argument) {
    try {
      return (int) RunCode.RUN.invokeExact(fd, request, argument);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** The second function of {@link #installRunCode}. */
  public static int runSecond() {
    try {
      return (int) RunCode.SECOND.invokeExact();
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

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
      MemorySegment errno = allocateErrno(arena);
      MemorySegment name = arena.allocate(bytes.length + 1L);
      MemorySegment.copy(bytes, 0, name, ValueLayout.JAVA_BYTE, 0, bytes.length);
      do {
        fd = (int) Linked.FUNCTIONS.open.invokeExact(errno, name, flags | O_CLOEXEC, 0);
      } while (wasInterrupted(fd, errno));
      if (fd < 0) {
        throw new SystemCallException("open(" + path + ")", errno(errno));
      }
    } catch (Throwable t) {
      closeIfOpen(fd);
      throw unexpected(t);
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
      closeWithoutHeap(fd);
      return;
    } catch (Throwable t) {
      throw unexpected(t);
    }
    // Not once more after an interrupt: somebody else may have the number by now.
    if (result < 0 && errno(errno) == Errno.EBADF) {
      throw new SystemCallException("close(" + fd + ")", Errno.EBADF);
    }
  }

  /** Closes what nobody will get, because an error came after it was opened. */
  static void closeIfOpen(int fd) {
    if (fd >= 0) {
      close(fd);
    }
  }

  /** The heap was full before the call was made. */
  private static void closeWithoutHeap(int fd) {
    try {
      Release.closeOnly(fd);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /**
   * Maps memory: anonymous if {@code fd} is -1, else of the descriptor from its start.
   *
   * @return the mapping. It stays valid until {@link #munmap}, which no access may follow: whoever
   *     maps also sees to that, no arena does.
   * @throws SystemCallException if the kernel refuses
   */
  public static MemorySegment mmap(long sizeBytes, int protection, int flags, int fd) {
    return mmap(0, sizeBytes, protection, flags, fd, 0);
  }

  /**
   * As {@link #mmap(long, int, int, int)}, with an address for {@link #MAP_FIXED} and an offset
   * into the file.
   *
   * @param address where, in a mapping of the caller's own; 0 leaves it to the kernel
   * @param offset a multiple of the page size
   */
  public static MemorySegment mmap(
      long address, long sizeBytes, int protection, int flags, int fd, long offset) {
    boolean isNew = (flags & MAP_FIXED) == 0; // else it belongs to a mapping that somebody has
    if (isNew) {
      StackRoom.require();
    }
    long mapped = -1;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = allocateErrno(arena);
      do {
        mapped =
            (long)
                Linked.FUNCTIONS.mmap.invokeExact(
                    errno, address, sizeBytes, protection, flags, fd, offset);
      } while (wasInterrupted(mapped, errno));
      if (mapped == -1) {
        throw new SystemCallException("mmap(" + sizeBytes + " bytes)", errno(errno));
      }
      return asSegment(mapped, sizeBytes);
    } catch (Throwable t) {
      if (mapped != -1 && isNew) {
        int _ = unmapWithoutHeap(mapped, sizeBytes); // the heap had no room for the segment
      }
      throw unexpected(t);
    }
  }

  /**
   * Gives advice about a part of a mapping, such as {@link #MADV_DONTNEED}: forget what is there.
   *
   * @throws SystemCallException if the kernel refuses
   */
  public static void madvise(MemorySegment pages, int advice) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = allocateErrno(arena);
      int result;
      do {
        result =
            (int)
                Linked.FUNCTIONS.madvise.invokeExact(
                    errno, pages.address(), pages.byteSize(), advice);
      } while (wasInterrupted(result, errno));
      if (result < 0) {
        throw new SystemCallException("madvise", errno(errno));
      }
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /**
   * Keeps what belongs to a guest out of core dumps of this process, unless the system property
   * {@value #DUMP_GUESTS} is true. Whatever is mapped over a part of it later is not meant.
   *
   * @throws SystemCallException if the kernel refuses
   */
  public static void keepOutOfDumps(MemorySegment mapping) {
    if (!DUMPS_GUESTS) {
      madvise(mapping, MADV_DONTDUMP);
    }
  }

  /**
   * Changes the rights to a part of a mapping.
   *
   * @throws SystemCallException if the kernel refuses
   */
  public static void mprotect(MemorySegment pages, int protection) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = allocateErrno(arena);
      int result;
      do {
        result =
            (int)
                Linked.FUNCTIONS.mprotect.invokeExact(
                    errno, pages.address(), pages.byteSize(), protection);
      } while (wasInterrupted(result, errno));
      if (result < 0) {
        throw new SystemCallException("mprotect", errno(errno));
      }
    } catch (Throwable t) {
      throw unexpected(t);
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
      MemorySegment errno = allocateErrno(arena);
      MemorySegment label = arena.allocateFrom(name);
      int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
      do {
        fd = (int) Linked.FUNCTIONS.memfdCreate.invokeExact(errno, label, flags);
      } while (wasInterrupted(fd, errno));
      if (fd < 0) {
        throw new SystemCallException("memfd_create", errno(errno));
      }
    } catch (Throwable t) {
      closeIfOpen(fd);
      throw unexpected(t);
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
      MemorySegment errno = allocateErrno(arena);
      int result;
      do {
        result = (int) Linked.FUNCTIONS.ftruncate.invokeExact(errno, fd, sizeBytes);
      } while (wasInterrupted(result, errno));
      if (result < 0) {
        throw new SystemCallException("ftruncate(" + sizeBytes + " bytes)", errno(errno));
      }
    } catch (Throwable t) {
      throw unexpected(t);
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
      MemorySegment errno = allocateErrno(arena);
      int result;
      do {
        result = (int) Linked.FUNCTIONS.fcntl.invokeExact(errno, fd, command, argument);
      } while (wasInterrupted(result, errno));
      if (result < 0) {
        throw new SystemCallException("fcntl(" + command + ")", errno(errno));
      }
      return result;
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /**
   * Writes all of some memory, on the heap or not, into a file.
   *
   * @throws SystemCallException if the kernel refuses, also after a part of it
   */
  public static void pwrite(int fd, MemorySegment source, long offset) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = allocateErrno(arena);
      long from =
          source.isNative()
              ? source.address()
              : arena.allocate(source.byteSize()).copyFrom(source).address();
      for (long done = 0; done < source.byteSize(); ) {
        long written =
            (long)
                Linked.FUNCTIONS.pwrite.invokeExact(
                    errno, fd, from + done, source.byteSize() - done, offset + done);
        if (written < 0 && !wasInterrupted(written, errno)) {
          throw new SystemCallException("pwrite(" + source.byteSize() + " bytes)", errno(errno));
        }
        done += Math.max(written, 0);
      }
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /**
   * Unmaps what {@link #mmap} mapped. Allocates nothing, as {@link #close}, as long as the kernel
   * does what it should.
   *
   * <p>It may refuse for lack of memory: it may have joined the mapping with its neighbours, and a
   * process can have only so many pieces ({@code vm.max_map_count}). Then the contents are given up
   * at once, and the addresses when it can be done, at one of the next calls.
   *
   * @throws SystemCallException if it is no mapping
   */
  public static void munmap(MemorySegment mapping) {
    if (!Release.LEFT.isEmpty()) {
      unmapWhatIsLeft();
    }
    int error = tryToUnmap(mapping);
    if (error == Errno.EINVAL) {
      throw new SystemCallException("munmap", error);
    }
    if (error != 0) {
      Release.LEFT.add(mapping); // if this fails, nothing has happened
      try {
        madvise(mapping, MADV_DONTNEED);
      } catch (SystemCallException | OutOfMemoryError e) {
        // Of a device's mapping, or for the same reason, or the heap is full, too. Whoever was told
        // that this failed would unmap it once more, when others may have the addresses.
      }
    }
  }

  /** One thread at a time: what is unmapped twice may be another mapping the second time. */
  private static void unmapWhatIsLeft() {
    synchronized (Release.LEFT) {
      try {
        Release.LEFT.removeIf(left -> tryToUnmap(left) == 0);
      } catch (OutOfMemoryError e) {
        // There will be another call.
      }
    }
  }

  /** {@code munmap(2)}; the error number, or 0. */
  private static int tryToUnmap(MemorySegment mapping) {
    MemorySegment errno = Release.ERRNO_OF_ALL;
    try {
      int result;
      do {
        result = (int) Release.MUNMAP.invokeExact(errno, mapping.address(), mapping.byteSize());
      } while (wasInterrupted(result, errno));
      return result < 0 ? errno(errno) : 0;
    } catch (OutOfMemoryError e) {
      return unmapWithoutHeap(mapping.address(), mapping.byteSize());
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** The heap was full before the call was made. */
  private static int unmapWithoutHeap(long address, long sizeBytes) {
    try {
      return Release.unmapOnly(address, sizeBytes);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  private static boolean wasInterrupted(long result, MemorySegment errno) {
    return result < 0 && errno(errno) == Errno.EINTR;
  }

  @SuppressWarnings("restricted")
  private static MemorySegment asSegment(long address, long sizeBytes) {
    return MemorySegment.ofAddress(address).reinterpret(sizeBytes);
  }

  /** A downcall handle declares {@code Throwable}; only unchecked ones can arrive. */
  static RuntimeException unexpected(Throwable t) {
    if (t instanceof RuntimeException e) {
      throw e;
    }
    if (t instanceof Error e) {
      throw e;
    }
    throw new IllegalStateException(t);
  }
}
