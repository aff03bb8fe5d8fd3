package io.hyperlight.internal.linux.signal;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Signals that were sent to a task, or to a process, and wait. Up to signal 31, each is pending at
 * most once; real-time signals queue, each with what it is about.
 */
public final class SignalQueue {
  /** A bit for each that is pending, from signal 1. */
  private long pending;

  /**
   * What they are about, the oldest first; of those beyond the limit nothing is kept. Null before
   * the first: most guests send none.
   */
  private @Nullable ArrayDeque<SignalInfo> queue;

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

  /** How many wait with what they are about. */
  int size() {
    return queue == null ? 0 : queue.size();
  }

  List<SignalInfo> queued() {
    return queue == null ? List.of() : List.copyOf(queue);
  }

  /** Goes back to an earlier state. */
  void restore(long bits, List<SignalInfo> queued) {
    pending = bits;
    if (queue != null) {
      queue.clear();
    }
    if (!queued.isEmpty()) {
      made().addAll(queued);
    }
  }

  /**
   * Adds one.
   *
   * @param isRoom whether one more may wait with what it is about
   * @return false if there is no room for it, and its sender is to be told
   */
  boolean add(SignalInfo info, boolean isRoom) {
    long bit = Signals.bit(info.signal());
    boolean realTime = info.signal() >= Signals.SIGRTMIN;
    if (!realTime && (pending & bit) != 0) {
      return true;
    }
    // The kernel's own, and its calls', are kept beyond the limit: there is one of each.
    boolean always = !realTime && info.code() >= 0;
    if (always || isRoom) {
      made().add(info);
    } else if (realTime && info.code() != SignalInfo.SI_USER) {
      return false;
    }
    pending |= bit;
    return true;
  }

  /** Takes out the first of a signal that is pending. */
  SignalInfo take(int signal) {
    @Nullable SignalInfo found = null;
    boolean more = false;
    for (Iterator<SignalInfo> each = made().iterator(); each.hasNext() && !more; ) {
      SignalInfo info = each.next();
      if (info.signal() == signal) {
        if (found == null) {
          found = info;
          each.remove();
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

  /** Forgets all of some signals. */
  void discard(long signals) {
    if ((pending & signals) != 0) {
      pending &= ~signals;
      if (queue != null) {
        queue.removeIf(info -> (Signals.bit(info.signal()) & signals) != 0);
      }
    }
  }
}
