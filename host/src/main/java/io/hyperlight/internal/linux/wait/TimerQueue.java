package io.hyperlight.internal.linux.wait;

import io.hyperlight.internal.os.Checkpoint;
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

  private static final Comparator<QueuedTimer> TURNS =
      Comparator.<QueuedTimer>comparingLong(timer -> timer.turn)
          .thenComparingLong(timer -> timer.sequence);

  private final WaitClock clock;
  private final Checkpoint checkpoint;

  /** Immutable and empty until there is a timer, which many guests never set. */
  private Map<Deadline.Clock, TreeSet<QueuedTimer>> queues = Map.of();

  /** The timers that may expire although their time has not come; null until there is one. */
  private @Nullable TreeSet<QueuedTimer> inTurn;

  /** The turn of the timer that expired last so. */
  private long turn;

  private long sequence;
  private int count;

  /** Creates a queue without timers. */
  public TimerQueue(WaitClock clock, Checkpoint checkpoint) {
    this.clock = clock;
    this.checkpoint = checkpoint;
  }

  /** Sets a timer, whether or not it was set before. A deadline that never comes stops it. */
  public void set(QueuedTimer timer, Deadline deadline) {
    stop(timer);
    if (!deadline.isNever()) {
      timer.deadline = deadline;
      timer.sequence = sequence++;
      count++;
      if (queues.isEmpty()) {
        queues = new EnumMap<>(Deadline.Clock.class);
      }
      queues.computeIfAbsent(deadline.clock(), _ -> new TreeSet<>(ORDER)).add(timer);
      if (clock.isEmbedders() && deadline.clock() != Deadline.Clock.PROCESSOR) {
        timer.turn = Math.min(left(deadline), Long.MAX_VALUE - turn) + turn;
        if (inTurn == null) {
          inTurn = new TreeSet<>(TURNS);
        }
        inTurn.add(timer);
      }
    }
  }

  /** Returns a number that is larger than those of all earlier timers and calls. */
  long nextNumber() {
    return sequence++;
  }

  /** Stops a timer, if it is set. */
  public void stop(QueuedTimer timer) {
    if (!timer.deadline.isNever()) {
      TreeSet<QueuedTimer> queue = queues.get(timer.deadline.clock());
      if (queue != null) {
        queue.remove(timer);
      }
      if (inTurn != null) {
        inTurn.remove(timer);
      }
      count--;
      timer.deadline = Deadline.NEVER;
    }
  }

  /** Returns a clock's time in nanoseconds. */
  public long now(Deadline.Clock of) {
    return clock.nanos(of);
  }

  /** Returns whether no timer is set. */
  public boolean isEmpty() {
    return count == 0;
  }

  /**
   * Returns how long until the next timer is due while tasks run, in nanoseconds: 0 if one is due;
   * {@link Long#MAX_VALUE} if there is none. Timers of processor time cannot be due earlier, but
   * later.
   */
  public long nanosToNext() {
    return left(first(true));
  }

  /**
   * Returns the same for a time in which no task runs. Timers of processor time are never due then.
   */
  public long nanosToNextWhileIdle() {
    return left(first(false));
  }

  private long left(@Nullable QueuedTimer next) {
    return next == null ? Long.MAX_VALUE : left(next.deadline);
  }

  /** Returns how long until a deadline comes, in nanoseconds; 0 if it has come. */
  public long left(Deadline deadline) {
    return deadline.isNever()
        ? Long.MAX_VALUE
        : Math.max(0, deadline.nanos() - clock.nanos(deadline.clock()));
  }

  /**
   * Returns the timer that is due first.
   *
   * @param tasksRun whether processor time passes
   */
  private @Nullable QueuedTimer first(boolean tasksRun) {
    if (count == 0) {
      return null;
    }
    QueuedTimer next = null;
    long least = Long.MAX_VALUE;
    for (Map.Entry<Deadline.Clock, TreeSet<QueuedTimer>> entry : queues.entrySet()) {
      TreeSet<QueuedTimer> queue = entry.getValue();
      if (!queue.isEmpty() && (tasksRun || entry.getKey() != Deadline.Clock.PROCESSOR)) {
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
      QueuedTimer next = first(true);
      if (next == null || next.sequence >= end || left(next.deadline) > 0) {
        return;
      }
      expire(next);
    }
  }

  /**
   * Lets the first timer expire although its time has not come by the embedder's clock, while no
   * task runs. A short wait that begins again and again does not keep a longer one from its end,
   * although the clock stands still: turns of timers go on as time would.
   */
  public void expireFirst() {
    if (inTurn != null && !inTurn.isEmpty()) {
      QueuedTimer next = inTurn.first();
      turn = next.turn;
      expire(next);
    }
  }

  private void expire(QueuedTimer timer) {
    checkpoint.pass(); // what waits for the timer, or for its signal, may be much
    stop(timer);
    timer.expired();
  }

  /**
   * Forgets how far the turns have come, since a restore begins. It sets or stops all timers
   * afterwards.
   */
  public void restart() {
    turn = 0;
  }
}
