package io.hyperlight.internal.linux.wait;

import java.util.Comparator;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * All timers of a world: one queue for each clock, since clocks drift apart while the world is
 * frozen. For one thread at a time.
 */
public final class TimerQueue {
  private static final Comparator<QueuedTimer> ORDER =
      Comparator.<QueuedTimer>comparingLong(timer -> timer.deadline.nanos())
          .thenComparingLong(timer -> timer.sequence);

  private final WaitClock clock;
  private final Map<Deadline.Clock, TreeSet<QueuedTimer>> queues =
      new EnumMap<>(Deadline.Clock.class);
  private long sequence;

  /** Creates a queue without timers. */
  public TimerQueue(WaitClock clock) {
    this.clock = clock;
  }

  /** Sets a timer, whether or not it was set before. A deadline that never comes stops it. */
  public void set(QueuedTimer timer, Deadline deadline) {
    stop(timer);
    if (!deadline.isNever()) {
      timer.deadline = deadline;
      timer.sequence = sequence++;
      queues.computeIfAbsent(deadline.clock(), _ -> new TreeSet<>(ORDER)).add(timer);
    }
  }

  /** Stops a timer, if it is set. */
  public void stop(QueuedTimer timer) {
    if (!timer.deadline.isNever()) {
      TreeSet<QueuedTimer> queue = queues.get(timer.deadline.clock());
      if (queue != null) {
        queue.remove(timer);
      }
      timer.deadline = Deadline.NEVER;
    }
  }

  /** Returns a clock's time in nanoseconds. */
  public long now(Deadline.Clock of) {
    return clock.nanos(of);
  }

  public boolean isEmpty() {
    return first() == null;
  }

  /** Returns how long until the next timer is due: 0 if one is; a maximum if there is none. */
  public long nanosToNext() {
    QueuedTimer next = first();
    return next == null ? Long.MAX_VALUE : left(next.deadline);
  }

  /** Returns how long until a deadline comes, in nanoseconds; 0 if it has come. */
  public long left(Deadline deadline) {
    return deadline.isNever()
        ? Long.MAX_VALUE
        : Math.max(0, deadline.nanos() - clock.nanos(deadline.clock()));
  }

  /** Returns the timer that is due first. */
  private @Nullable QueuedTimer first() {
    QueuedTimer next = null;
    long least = Long.MAX_VALUE;
    for (TreeSet<QueuedTimer> queue : queues.values()) {
      if (!queue.isEmpty()) {
        long left = left(queue.first().deadline);
        if (next == null || left < least) {
          least = left;
          next = queue.first();
        }
      }
    }
    return next;
  }

  /** Lets all timers expire that are due. Each expires at most once. */
  public void expire() {
    long end = sequence;
    while (true) {
      QueuedTimer next = first();
      if (next == null || next.sequence >= end || left(next.deadline) > 0) {
        return;
      }
      expire(next);
    }
  }

  /** Lets the first timer expire although its time has not come by the clock. */
  public void expireFirst() {
    QueuedTimer next = first();
    if (next != null) {
      expire(next);
    }
  }

  private void expire(QueuedTimer timer) {
    stop(timer);
    timer.expired();
  }

  /** Stops all timers. */
  public void clear() {
    for (TreeSet<QueuedTimer> queue : queues.values()) {
      queue.forEach(timer -> timer.deadline = Deadline.NEVER);
      queue.clear();
    }
  }
}
