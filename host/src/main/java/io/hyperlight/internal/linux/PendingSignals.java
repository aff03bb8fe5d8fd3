package io.hyperlight.internal.linux;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;

/**
 * Signals that were sent and wait for being unblocked. As Linux has it, there are two sets: what
 * was sent to the thread comes before what was sent to the process. In each set the lowest number
 * comes first, but before all others what a fault would cause. Up to signal 31, each is pending at
 * most once in a set; real-time signals queue, each with what it is about.
 *
 * <p><b>Boundary.</b> How many there are is the guest's choice, up to {@link #MOST}.
 */
final class PendingSignals {
  /** The most that wait: {@code RLIMIT_SIGPENDING} of a new program. */
  static final int MOST = 1024;

  /** SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGSYS. */
  private static final long SYNCHRONOUS =
      1L << 3 | 1L << 4 | 1L << 6 | 1L << 7 | 1L << 10 | 1L << 30;

  private long ofThread;
  private long ofProcess;
  private final ArrayDeque<SignalState.Pending> queue = new ArrayDeque<>();

  /** A bit for each that is pending in one of the sets, from signal 1. */
  long all() {
    return ofThread | ofProcess;
  }

  long ofThread() {
    return ofThread;
  }

  long ofProcess() {
    return ofProcess;
  }

  /** How many wait with what they are about. */
  int size() {
    return queue.size();
  }

  List<SignalState.Pending> queued() {
    return List.copyOf(queue);
  }

  /** Goes back to an earlier state. */
  void restore(long thread, long process, List<SignalState.Pending> queued) {
    ofThread = thread;
    ofProcess = process;
    if (!queue.isEmpty()) {
      queue.clear();
    }
    if (!queued.isEmpty()) {
      queue.addAll(queued);
    }
  }

  /**
   * Adds one.
   *
   * @param toThread whether it was sent to the thread, not to the process
   * @param limit how many may wait
   * @return false if there is no room for it, and its sender is to be told
   */
  boolean add(SignalInfo info, boolean toThread, long limit) {
    long bit = Signals.bit(info.signal());
    boolean realTime = info.signal() >= Signals.SIGRTMIN;
    if (!realTime && ((toThread ? ofThread : ofProcess) & bit) != 0) {
      return true;
    }
    // The kernel's own, and its calls', are kept beyond the limit: there is one of each.
    boolean always = !realTime && info.code() >= 0;
    if (always || queue.size() < Math.min(limit, MOST)) {
      queue.add(new SignalState.Pending(info, toThread));
    } else if (realTime && info.code() != SignalInfo.SI_USER) {
      return false;
    }
    if (toThread) {
      ofThread |= bit;
    } else {
      ofProcess |= bit;
    }
    return true;
  }

  /**
   * Takes the next one out.
   *
   * @param wanted the signals among which one is pending
   */
  SignalInfo take(long wanted) {
    boolean toThread = (ofThread & wanted) != 0;
    long candidates = (toThread ? ofThread : ofProcess) & wanted;
    if ((candidates & SYNCHRONOUS) != 0) {
      candidates &= SYNCHRONOUS;
    }
    return remove(Long.numberOfTrailingZeros(candidates) + 1, toThread);
  }

  private SignalInfo remove(int signal, boolean toThread) {
    SignalInfo found = null;
    boolean more = false;
    for (Iterator<SignalState.Pending> each = queue.iterator(); each.hasNext() && !more; ) {
      SignalState.Pending pending = each.next();
      if (pending.info().signal() == signal && pending.toThread() == toThread) {
        if (found == null) {
          found = pending.info();
          each.remove();
        } else {
          more = true;
        }
      }
    }
    if (!more) {
      long others = ~Signals.bit(signal);
      if (toThread) {
        ofThread &= others;
      } else {
        ofProcess &= others;
      }
    }
    return found == null ? SignalInfo.forgotten(signal) : found;
  }

  /** Forgets all of some signals. */
  void discard(long signals) {
    if ((all() & signals) != 0) {
      ofThread &= ~signals;
      ofProcess &= ~signals;
      queue.removeIf(pending -> (Signals.bit(pending.info().signal()) & signals) != 0);
    }
  }
}
