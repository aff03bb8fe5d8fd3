package io.hyperlight.internal.linux;

import io.hyperlight.internal.linux.base.Need;
import io.hyperlight.internal.os.Errno;
import org.jspecify.annotations.Nullable;

/**
 * Describes one Linux system call: a line of the {@link SystemCallTable}.
 *
 * @param name as in the manual
 * @param x86 its number on x86-64
 * @param aarch64 its number on aarch64, or {@link #NONE}
 * @param arguments the kinds of its arguments and of its result, as {@link
 *     io.hyperlight.internal.linux.trace.CallSignature#parse} reads them; null for a name that no
 *     kernel implements
 * @param support whether it is answered
 * @param errno the error of a refused call; 0 if it is not refused
 * @param note what is missing, for people; empty for nothing
 * @param need what a program that makes this refused call needs; null if programs can do without
 * @param handler what answers the call; null to refuse it whatever its arguments are
 */
record SystemCall(
    String name,
    int x86,
    int aarch64,
    @Nullable String arguments,
    Support support,
    int errno,
    String note,
    @Nullable Need need,
    @Nullable Handler handler) {
  /** Stands in place of a number: a processor's kernel does not have the call. */
  static final int NONE = -1;

  /** Says whether a system call is answered. */
  enum Support {
    /** Answered as the manual says, as far as a sandbox has objects of that kind. */
    FULL,
    /** Answered with restrictions, which the note names. */
    PARTIAL,
    /** Answered with an error, whatever its arguments are. */
    REFUSED
  }

  /**
   * Answers a system call. Arguments are hostile: any value, or a pointer to anything.
   *
   * <p>The nested interfaces take fewer arguments. So each line of the table names exactly as many
   * as the call has.
   */
  @FunctionalInterface
  interface Handler {
    /**
     * Answers the call. Returns its result, or a negated error number.
     *
     * @param calls the families of system calls of the calling task
     * @throws io.hyperlight.internal.machine.memory.GuestAddressException for EFAULT
     * @throws io.hyperlight.internal.vfs.FileException for the error number that it holds
     */
    long call(TaskCalls calls, long a, long b, long c, long d, long e, long f);

    /** Without arguments. */
    @FunctionalInterface
    interface Of0 extends Handler {
      long call(TaskCalls calls);

      @Override
      default long call(TaskCalls calls, long a, long b, long c, long d, long e, long f) {
        return call(calls);
      }
    }

    /** With one argument. */
    @FunctionalInterface
    interface Of1 extends Handler {
      long call(TaskCalls calls, long a);

      @Override
      default long call(TaskCalls calls, long a, long b, long c, long d, long e, long f) {
        return call(calls, a);
      }
    }

    /** With two arguments. */
    @FunctionalInterface
    interface Of2 extends Handler {
      long call(TaskCalls calls, long a, long b);

      @Override
      default long call(TaskCalls calls, long a, long b, long c, long d, long e, long f) {
        return call(calls, a, b);
      }
    }

    /** With three arguments. */
    @FunctionalInterface
    interface Of3 extends Handler {
      long call(TaskCalls calls, long a, long b, long c);

      @Override
      default long call(TaskCalls calls, long a, long b, long c, long d, long e, long f) {
        return call(calls, a, b, c);
      }
    }

    /** With four arguments. */
    @FunctionalInterface
    interface Of4 extends Handler {
      long call(TaskCalls calls, long a, long b, long c, long d);

      @Override
      default long call(TaskCalls calls, long a, long b, long c, long d, long e, long f) {
        return call(calls, a, b, c, d);
      }
    }

    /** With five arguments. */
    @FunctionalInterface
    interface Of5 extends Handler {
      long call(TaskCalls calls, long a, long b, long c, long d, long e);

      @Override
      default long call(TaskCalls calls, long a, long b, long c, long d, long e, long f) {
        return call(calls, a, b, c, d, e);
      }
    }
  }

  /** Begins a line of the table. The line still needs a handler or an error. */
  static Line call(String name, int x86, int aarch64, String arguments) {
    return new Line(name, x86, aarch64, arguments, "");
  }

  /** Returns a name that the kernel reserves for a call that it does not implement. */
  static SystemCall unimplemented(String name, int x86, int aarch64) {
    return new Line(name, x86, aarch64, null, "").refused(Errno.ENOSYS);
  }

  /**
   * Holds the beginning of a line.
   *
   * @param note what is missing; empty for nothing
   */
  record Line(String name, int x86, int aarch64, @Nullable String arguments, String note) {
    /** Adds a restriction to the note. */
    Line partly(String restriction) {
      return new Line(name, x86, aarch64, arguments, restriction);
    }

    SystemCall by(Handler.Of0 handler) {
      return answeredBy(handler);
    }

    SystemCall by(Handler.Of1 handler) {
      return answeredBy(handler);
    }

    SystemCall by(Handler.Of2 handler) {
      return answeredBy(handler);
    }

    SystemCall by(Handler.Of3 handler) {
      return answeredBy(handler);
    }

    SystemCall by(Handler.Of4 handler) {
      return answeredBy(handler);
    }

    SystemCall by(Handler.Of5 handler) {
      return answeredBy(handler);
    }

    SystemCall by(Handler handler) {
      return answeredBy(handler);
    }

    private SystemCall answeredBy(Handler handler) {
      Support support = note.isEmpty() ? Support.FULL : Support.PARTIAL;
      return new SystemCall(name, x86, aarch64, arguments, support, 0, note, null, handler);
    }

    /** Refuses the call and counts the refusal. */
    SystemCall refused(int errno) {
      return new SystemCall(
          name, x86, aarch64, arguments, Support.REFUSED, errno, note, null, null);
    }

    /** Refuses the call and counts the refusal. A program may fail because of it. */
    SystemCall refused(int errno, Need need) {
      return new SystemCall(
          name, x86, aarch64, arguments, Support.REFUSED, errno, note, need, null);
    }

    /** Refuses the call. The handler finds out from the arguments what the program needs. */
    SystemCall refusedBy(int errno, Handler.Of1 handler) {
      return new SystemCall(
          name, x86, aarch64, arguments, Support.REFUSED, errno, note, null, handler);
    }

    /** Refuses the call and does not count the refusal. Programs go on without it. */
    SystemCall declined(int errno) {
      Handler.Of0 handler = _ -> -errno;
      return new SystemCall(
          name, x86, aarch64, arguments, Support.REFUSED, errno, note, null, handler);
    }
  }
}
