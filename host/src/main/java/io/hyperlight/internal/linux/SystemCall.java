package io.hyperlight.internal.linux;

import io.hyperlight.internal.linux.base.Need;
import io.hyperlight.internal.os.Errno;
import org.jspecify.annotations.Nullable;

/**
 * One of Linux's system calls: a line of the {@link SystemCallTable}.
 *
 * @param name as in the manual
 * @param x86 its number on x86-64
 * @param aarch64 its number on aarch64, or {@link #NONE}
 * @param arguments the kinds of its arguments and of its result, as {@link CallSignature#parse}
 *     reads them; null for a name that no kernel implements
 * @param support whether it is answered
 * @param errno what a refused one is answered; 0 if it is not refused
 * @param note what is missing, for people; empty for nothing
 * @param need what a program wants that is refused it; null if it may do without
 * @param handler what answers it; null to refuse it whatever its arguments are
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
  /** In place of a number: a processor's kernel does not have the call. */
  static final int NONE = -1;

  /** Whether a system call is answered. */
  enum Support {
    /** As the manual says, as far as there is anything of that kind in a sandbox. */
    FULL,
    /** With restrictions, which are noted. */
    PARTIAL,
    /** By an error, whatever its arguments are. */
    REFUSED
  }

  /**
   * Answers a system call. Arguments are hostile: any value, or a pointer to anything.
   *
   * <p>Those with fewer arguments are the interfaces inside, so that each line of the table names
   * as many as the call has.
   */
  @FunctionalInterface
  interface Handler {
    /**
     * The result, or a negated error number.
     *
     * @param calls those of the calling task
     * @throws io.hyperlight.internal.machine.GuestAddressException for EFAULT
     * @throws io.hyperlight.internal.vfs.FileException for the error in it
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

  /** Begins a line of the table. */
  static Line call(String name, int x86, int aarch64, String arguments) {
    return new Line(name, x86, aarch64, arguments, "");
  }

  /** A name that the kernel has kept for a call which it does not have. */
  static SystemCall unimplemented(String name, int x86, int aarch64) {
    return new Line(name, x86, aarch64, null, "").refused(Errno.ENOSYS);
  }

  /**
   * What a line begins with.
   *
   * @param note what is missing; empty for nothing
   */
  record Line(String name, int x86, int aarch64, @Nullable String arguments, String note) {
    /** It is answered with a restriction. */
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

    /** It is refused, which is counted. */
    SystemCall refused(int errno) {
      return new SystemCall(
          name, x86, aarch64, arguments, Support.REFUSED, errno, note, null, null);
    }

    /** It is refused, which a program may fail over. */
    SystemCall refused(int errno, Need need) {
      return new SystemCall(
          name, x86, aarch64, arguments, Support.REFUSED, errno, note, need, null);
    }

    /** It is refused; the handler says over what a program may fail, which its arguments tell. */
    SystemCall refusedBy(int errno, Handler.Of1 handler) {
      return new SystemCall(
          name, x86, aarch64, arguments, Support.REFUSED, errno, note, null, handler);
    }

    /** It is refused, which is not counted: programs take no offence. */
    SystemCall declined(int errno) {
      Handler.Of0 handler = _ -> -errno;
      return new SystemCall(
          name, x86, aarch64, arguments, Support.REFUSED, errno, note, null, handler);
    }
  }
}
