package io.hyperlight.internal.linux.signal;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Holds the pending signals of a task or of a process. Each signal up to 31 is pending at most
 * once. Real-time signals queue, each with its information.
 */
public final class SignalQueue {
  /** A bit for each pending signal, from signal 1. */
  private long pending;

  /**
   * The information of the signals, the oldest first. Signals beyond the limit have none. Null
   * before the first signal: most guests send none.
   */
  private @Nullable ArrayDeque<SignalInfo> queue;

  private final SignalCount count;

  /**
   * Creates a queue without signals.
   *
   * @param count of all queues of the process
   */
  SignalQueue(SignalCount count) {
    this.count = count;
  }

  public long pending() {
    return pending;
  }

  private ArrayDeque<SignalInfo> made() {
    ArrayDeque<SignalInfo> there = queue;
    if (there == null) {
      there = new ArrayDeque<>();
      queue = there;
    }
    return there;
  }

  /** Returns how many signals are queued with their information. */
  int size() {
    return queue == null ? 0 : queue.size();
  }

  List<SignalInfo> queued() {
    return queue == null ? List.of() : List.copyOf(queue);
  }

  /** Restores an earlier state. */
  void restore(long bits, List<SignalInfo> queued) {
    pending = bits;
    count.add(queued.size() - size());
    if (queue != null) {
      queue.clear();
    }
    if (!queued.isEmpty()) {
      made().addAll(queued);
    }
  }

  /**
   * Adds a signal.
   *
   * @param isRoom whether the limit allows one more with its information
   * @return false if there is no room, and the sender gets an error
   */
  boolean add(SignalInfo info, boolean isRoom) {
    long bit = Signals.bit(info.signal());
    boolean realTime = info.signal() >= Signals.SIGRTMIN;
    if (!realTime && (pending & bit) != 0) {
      return true;
    }
    // Signals of the kernel and of kill(2) are kept even beyond the limit: there is at most one of
    // each.
    boolean always = !realTime && info.code() >= 0;
    if (always || isRoom) {
      made().add(info);
      count.add(1);
    } else if (realTime && info.code() != SignalInfo.SI_USER) {
      return false;
    }
    pending |= bit;
    return true;
  }

  /** Removes the first entry of a signal that is pending. */
  SignalInfo take(int signal) {
    @Nullable SignalInfo found = null;
    boolean more = false;
    for (Iterator<SignalInfo> each = made().iterator(); each.hasNext() && !more; ) {
      SignalInfo info = each.next();
      if (info.signal() == signal) {
        if (found == null) {
          found = info;
          each.remove();
          count.add(-1);
        } else {
          more = true;
        }
      }
    }
    if (!more) {
      pending &= ~Signals.bit(signal);
    }
    return found == null ? SignalInfo.forgotten(signal) : found;
  }

  /** Removes all of these signals. */
  void discard(long signals) {
    if ((pending & signals) != 0) {
      pending &= ~signals;
      if (queue != null) {
        int before = queue.size();
        queue.removeIf(info -> (Signals.bit(info.signal()) & signals) != 0);
        count.add(queue.size() - before);
      }
    }
  }
}
