package io.hyperlight.internal.machine;

import io.hyperlight.internal.machine.arch.MachineUnsupportedException;
import io.hyperlight.internal.os.HostThreads;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The signal that makes a vCPU leave its guest. It has no handler: threads that run vCPUs block it,
 * all others ignore it. Only while KVM_RUN runs is it not blocked ({@code KVM_SET_SIGNAL_MASK}), so
 * that it ends KVM_RUN, also if it came just before; it stays pending until it is taken.
 *
 * <p>A real-time signal that nobody else in the process uses. The system property {@value
 * #PROPERTY} names another one than would be found. Not the second to last, which is the JDK's.
 */
final class KickSignal {
  static final String PROPERTY = "hyperlight.kickSignal";

  private static final int PREFERRED = 41;

  private static final int OF_JDK = HostThreads.LAST_REAL_TIME_SIGNAL - 2;

  /**
   * What a thread is to those who kick it.
   *
   * @param thread its number in the kernel
   * @param maskOfVcpus the signals that are to be blocked in what it runs
   */
  record Target(int thread, long maskOfVcpus) {}

  /**
   * Of each thread that runs vCPUs: its number, and the mask. An array, because a class of the
   * library's would keep the library from being unloaded as long as the thread lives.
   */
  private static final ThreadLocal<long[]> TARGETS = ThreadLocal.withInitial(KickSignal::prepare);

  /** The chosen one; 0 before that. */
  private static int number;

  private KickSignal() {}

  /** In a holder of its own, because the signal has to be chosen first. */
  private static final class Chosen {
    static final int NUMBER = number();
    static final MemorySegment SET = HostThreads.setOf(NUMBER);
  }

  /**
   * Chooses the signal, at the first call. A failure is not remembered.
   *
   * @throws MachineUnsupportedException if somebody handles the one that the system property names,
   *     or all of them
   * @throws IllegalArgumentException if the system property names none
   */
  static synchronized void choose() {
    if (number == 0) {
      int chosen = pick(System.getProperty(PROPERTY));
      HostThreads.ignore(chosen);
      number = chosen;
      // Links what is needed, which cannot be made up for where the stack is too short for it.
      HostThreads.take(Chosen.SET);
    }
  }

  static int pick(@Nullable String wanted) {
    return wanted == null ? find() : requireFree(wanted);
  }

  private static int find() {
    for (int signal = PREFERRED; signal <= HostThreads.LAST_REAL_TIME_SIGNAL; signal++) {
      if (isFree(signal)) {
        return signal;
      }
    }
    throw new MachineUnsupportedException(
        "the process has handlers for all real-time signals, and one is needed to stop guests: name"
            + " one in the system property "
            + PROPERTY);
  }

  private static int requireFree(String wanted) {
    int signal = parse(wanted);
    if (!isFree(signal)) {
      throw new MachineUnsupportedException(
          "signal %d, which is to stop guests, is in use by somebody else in this process: set the system property %s to another one"
              .formatted(signal, PROPERTY));
    }
    return signal;
  }

  private static int parse(String wanted) {
    int signal;
    try {
      signal = Integer.parseInt(wanted);
    } catch (NumberFormatException e) {
      signal = 0;
    }
    if (signal < HostThreads.FIRST_REAL_TIME_SIGNAL || signal > HostThreads.LAST_REAL_TIME_SIGNAL) {
      throw new IllegalArgumentException(
          "system property %s is %s: it must be the number of a real-time signal, %d to %d"
              .formatted(
                  PROPERTY,
                  wanted,
                  HostThreads.FIRST_REAL_TIME_SIGNAL,
                  HostThreads.LAST_REAL_TIME_SIGNAL));
    }
    return signal;
  }

  private static boolean isFree(int signal) {
    long disposition = HostThreads.disposition(signal);
    return signal != OF_JDK
        && (disposition == HostThreads.SIG_DFL || disposition == HostThreads.SIG_IGN);
  }

  private static synchronized int number() {
    choose();
    return number;
  }

  /** The calling platform thread, which blocks the signal from now on. */
  static Target target() {
    long[] of = TARGETS.get();
    return new Target((int) of[0], of[1]);
  }

  /**
   * As {@link #target()}, without making an object where the thread is the one of last time.
   *
   * @param last what was returned then
   */
  static Target target(@Nullable Target last) {
    long[] of = TARGETS.get();
    return last != null && last.thread == of[0] && last.maskOfVcpus == of[1]
        ? last
        : new Target((int) of[0], of[1]);
  }

  private static long[] prepare() {
    long before = HostThreads.block(Chosen.NUMBER);
    return new long[] {HostThreads.current(), before & ~HostThreads.bit(Chosen.NUMBER)};
  }

  /** Makes a thread leave its guest, if it runs one; whether the signal is on its way. */
  static boolean send(int thread) {
    return HostThreads.send(thread, Chosen.NUMBER);
  }

  /** Takes what is pending for the calling thread, which is a {@link #target}. */
  static void drain() {
    while (HostThreads.take(Chosen.SET)) {
      // Also those that were sent twice.
    }
  }
}
