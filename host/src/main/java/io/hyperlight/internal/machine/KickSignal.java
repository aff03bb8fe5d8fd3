package io.hyperlight.internal.machine;

import io.hyperlight.internal.machine.arch.MachineUnsupportedException;
import io.hyperlight.internal.os.HostThreads;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The signal that makes a vCPU leave its guest. It has no handler. Threads that run vCPUs block it,
 * and all others ignore it. It is unblocked only while KVM_RUN runs ({@code KVM_SET_SIGNAL_MASK}).
 * So it ends KVM_RUN, even if it came just before, and stays pending until it is taken.
 *
 * <p>It is a real-time signal that no other code in the process uses. The system property {@value
 * #PROPERTY} names another one. The second to last signal is never chosen: the JDK uses it.
 */
final class KickSignal {
  static final String PROPERTY = "hyperlight.kickSignal";

  private static final int PREFERRED = 41;

  private static final int OF_JDK = HostThreads.LAST_REAL_TIME_SIGNAL - 2;

  /**
   * What other threads need to kick a thread.
   *
   * @param thread its number in the kernel
   * @param maskOfVcpus the signals to block while it runs a vCPU
   */
  record Target(int thread, long maskOfVcpus) {}

  /**
   * For each thread that runs vCPUs: its number, and the mask. It is an array because an instance
   * of a library class would keep the library from being unloaded as long as the thread lives.
   */
  private static final ThreadLocal<long[]> TARGETS = ThreadLocal.withInitial(KickSignal::prepare);

  /** The chosen signal, or 0 before. */
  private static int number;

  private KickSignal() {}

  /** A holder class, because the signal has to be chosen first. */
  private static final class Chosen {
    static final int NUMBER = number();
    static final MemorySegment SET = HostThreads.setOf(NUMBER);
  }

  /**
   * Chooses the signal, at the first call. A failure is not remembered.
   *
   * @throws MachineUnsupportedException if the signal that the system property names has a handler,
   *     or all signals have
   * @throws IllegalArgumentException if the system property does not name a real-time signal
   */
  static synchronized void choose() {
    if (number == 0) {
      int chosen = pick(System.getProperty(PROPERTY));
      HostThreads.ignore(chosen);
      number = chosen;
      // Links the call before it is needed. With a short stack it could not be linked later.
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
          "signal %d cannot stop guests, because other code in this process uses it: set the system property %s to another signal"
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

  /**
   * Returns the target for the calling platform thread. The thread blocks the signal from now on.
   */
  static Target target() {
    long[] of = TARGETS.get();
    return new Target((int) of[0], of[1]);
  }

  /**
   * Does the same as {@link #target()}, but makes no object if the thread is the same as last time.
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

  /**
   * Makes a thread leave its guest, if it runs one.
   *
   * @return whether the signal is on its way
   */
  static boolean send(int thread) {
    return HostThreads.send(thread, Chosen.NUMBER);
  }

  /** Takes all pending signals of the calling thread, which is a {@link #target}. */
  static void drain() {
    while (HostThreads.take(Chosen.SET)) {
      // Also those that were sent twice.
    }
  }
}
