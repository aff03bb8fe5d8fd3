package io.hyperlight.internal.os;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The threads of this process as the kernel knows them: their signals and their clocks.
 *
 * <p>A number identifies a thread. Unlike a {@code pthread_t}, a number is safe to use after its
 * thread has ended: the call fails and does not access freed memory.
 *
 * <p>Safe to call from any thread. {@link #send}, {@link #take} and {@link #processorNanos} do not
 * throw. Numbers and layouts are those of x86-64 with glibc, from {@code asm/unistd_64.h}, {@code
 * asm-generic/signal-defs.h} and {@code linux/posix-timers.h}.
 */
public final class HostThreads {
  /** The first and the last real-time signal that a C library leaves to programs. */
  public static final int FIRST_REAL_TIME_SIGNAL = 35;

  public static final int LAST_REAL_TIME_SIGNAL = 64;

  /** The result of {@link #disposition} for a signal without a handler. */
  public static final long SIG_DFL = 0;

  public static final long SIG_IGN = 1;

  private static final long SYS_GETTID = 186;
  private static final long SYS_TGKILL = 234;

  private static final int SIG_BLOCK = 0;

  /** The size of the C library's {@code sigset_t}; the kernel's is its first word. */
  private static final int SIZE_OF_SIGSET = 128;

  private static final int SIZE_OF_SIGACTION = 152;
  private static final int SIZE_OF_TIMESPEC = 16;

  /** The shift that turns a thread's number into the number of its clock. */
  private static final int CPUCLOCK_SHIFT = 3;

  /**
   * {@code CPUCLOCK_PERTHREAD_MASK | CPUCLOCK_SCHED}: the time that the thread ran, in nanoseconds.
   */
  private static final int CPUCLOCK_OF_THREAD = 6;

  private static final long NANOS = 1_000_000_000L;

  private static final long PROCESS = ProcessHandle.current().pid();

  private HostThreads() {}

  private static final class Linked {
    static final MethodHandle SYSCALL =
        Posix.link(
            "syscall",
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
            Linker.Option.firstVariadicArg(1));

    static final MethodHandle PTHREAD_SIGMASK =
        Posix.link(
            "pthread_sigmask", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG));

    static final MethodHandle SIGTIMEDWAIT =
        Posix.link(
            "sigtimedwait", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG));

    static final MethodHandle SIGACTION =
        Posix.link(
            "sigaction",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG),
            Posix.capturingErrno());

    static final MethodHandle CLOCK_GETTIME =
        Posix.link("clock_gettime", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG));

    /** The time of a call that does not wait. */
    static final MemorySegment NO_TIME = Arena.global().allocate(SIZE_OF_TIMESPEC, Long.BYTES);
  }

  /** Returns the number of the calling thread; for a virtual thread, that of its carrier. */
  public static int current() {
    try {
      return (int) (long) Linked.SYSCALL.invokeExact(SYS_GETTID, 0L, 0L, 0L);
    } catch (Throwable t) {
      throw Unchecked.rethrow(t);
    }
  }

  /**
   * Sends a signal to a thread of this process, as {@code pthread_kill(3)} does.
   *
   * @return whether the signal is sent; false if there is no such thread, or if the kernel's signal
   *     queue is full
   */
  public static boolean send(int thread, int signal) {
    try {
      return (long) Linked.SYSCALL.invokeExact(SYS_TGKILL, PROCESS, (long) thread, (long) signal)
          == 0;
    } catch (Throwable t) {
      throw Unchecked.rethrow(t);
    }
  }

  /**
   * Blocks a signal in the calling thread. A blocked signal stays pending.
   *
   * @return the signals that were blocked before: signal n is bit n - 1
   * @throws SystemCallException if the call fails
   */
  public static long block(int signal) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment set = set(arena, signal);
      MemorySegment before = arena.allocate(SIZE_OF_SIGSET, Long.BYTES);
      int error =
          (int) Linked.PTHREAD_SIGMASK.invokeExact(SIG_BLOCK, set.address(), before.address());
      if (error != 0) {
        throw new SystemCallException("pthread_sigmask", error);
      }
      return before.get(ValueLayout.JAVA_LONG, 0);
    } catch (Throwable t) {
      throw Unchecked.rethrow(t);
    }
  }

  /**
   * Returns a set of one signal, for {@link #take}.
   *
   * @return a set that stays valid for ever
   */
  public static MemorySegment setOf(int signal) {
    return set(Arena.global(), signal);
  }

  private static MemorySegment set(Arena arena, int signal) {
    MemorySegment set = arena.allocate(SIZE_OF_SIGSET, Long.BYTES);
    set.set(ValueLayout.JAVA_LONG, 0, bit(signal));
    return set;
  }

  /** Returns the bit of a signal in a set. */
  public static long bit(int signal) {
    return 1L << (signal - 1);
  }

  /**
   * Takes a signal that is pending for the calling thread, which blocks the signal.
   *
   * @param set from {@link #setOf}
   * @return whether one was pending
   */
  public static boolean take(MemorySegment set) {
    try {
      return (int) Linked.SIGTIMEDWAIT.invokeExact(set.address(), 0L, Linked.NO_TIME.address()) > 0;
    } catch (Throwable t) {
      throw Unchecked.rethrow(t);
    }
  }

  /** Returns what the process does on a signal: {@link #SIG_DFL}, {@link #SIG_IGN} or a handler. */
  public static long disposition(int signal) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment action = arena.allocate(SIZE_OF_SIGACTION, Long.BYTES);
      sigaction(signal, 0, action.address());
      return action.get(ValueLayout.JAVA_LONG, 0);
    }
  }

  /** Makes the process ignore a signal in threads that do not block it. */
  public static void ignore(int signal) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment action = arena.allocate(SIZE_OF_SIGACTION, Long.BYTES);
      action.set(ValueLayout.JAVA_LONG, 0, SIG_IGN);
      sigaction(signal, action.address(), 0);
    }
  }

  private static void sigaction(int signal, long action, long before) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = Posix.allocateErrno(arena);
      if ((int) Linked.SIGACTION.invokeExact(errno, signal, action, before) != 0) {
        throw new SystemCallException("sigaction(" + signal + ")", Posix.errno(errno));
      }
    } catch (Throwable t) {
      throw Unchecked.rethrow(t);
    }
  }

  /**
   * Returns how much processor time a thread of this process has used, like the clock of {@code
   * pthread_getcpuclockid(3)}.
   *
   * @return nanoseconds; -1 if there is no such thread
   */
  public static long processorNanos(int thread) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment time = arena.allocate(SIZE_OF_TIMESPEC, Long.BYTES);
      int clock = ~thread << CPUCLOCK_SHIFT | CPUCLOCK_OF_THREAD;
      if ((int) Linked.CLOCK_GETTIME.invokeExact(clock, time.address()) != 0) {
        return -1;
      }
      return time.get(ValueLayout.JAVA_LONG, 0) * NANOS
          + time.get(ValueLayout.JAVA_LONG, Long.BYTES);
    } catch (Throwable t) {
      throw Unchecked.rethrow(t);
    }
  }
}
