package io.hyperlight.internal.linux.timer;

import io.hyperlight.internal.linux.signal.SignalInfo;
import io.hyperlight.internal.linux.signal.Signals;
import io.hyperlight.internal.linux.wait.Deadline;
import io.hyperlight.internal.linux.wait.TimerQueue;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.restore.Restorable;
import io.hyperlight.internal.vfs.FileException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The timers of a process that send signals.
 *
 * <p><b>Boundary.</b> The guest chooses how many there are, up to its limit of pending signals, as
 * on Linux.
 */
public final class ProcessTimers implements Restorable<TimerState> {
  /** What a timer costs the Java heap, in bytes. */
  static final long HEAP_BYTES = 256;

  private final TimerQueue queue;
  private final TimerTarget target;

  /** How many kinds of interval timers there are: ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF. */
  static final int INTERVALS = 3;

  /** By kind. Null until they are first needed, which most programs never do. */
  private IntervalTimer @Nullable [] intervals;

  /** By number. Immutable and empty until there is one. */
  private SortedMap<Integer, PosixTimer> posix = Collections.emptySortedMap();

  private int nextId;

  /**
   * Creates the timers of a new process.
   *
   * @param target gets their signals
   */
  public ProcessTimers(TimerQueue queue, TimerTarget target) {
    this.queue = queue;
    this.target = target;
  }

  IntervalTimer interval(int kind) {
    return intervals()[kind];
  }

  private IntervalTimer[] intervals() {
    IntervalTimer[] there = intervals;
    if (there == null) {
      there =
          new IntervalTimer[] {
            new IntervalTimer(queue, Deadline.Clock.MONOTONIC, Signals.SIGALRM, target),
            new IntervalTimer(queue, Deadline.Clock.PROCESSOR, Signals.SIGVTALRM, target),
            new IntervalTimer(queue, Deadline.Clock.PROCESSOR, Signals.SIGPROF, target)
          };
      intervals = there;
    }
    return there;
  }

  /** Returns how many timers of {@code timer_create(2)} there are. */
  int count() {
    return posix.size();
  }

  /** Returns roughly how many bytes the timers cost the Java heap. */
  public long heapBytes() {
    return posix.size() * HEAP_BYTES;
  }

  /** Returns the number that the next timer gets. */
  int nextId() {
    while (posix.containsKey(nextId)) {
      nextId = nextId + 1 & Integer.MAX_VALUE;
    }
    return nextId;
  }

  void add(PosixTimer.Setup setup) {
    put(new PosixTimer(queue, setup, target));
    nextId = setup.id() + 1 & Integer.MAX_VALUE;
  }

  private void put(PosixTimer timer) {
    if (posix.isEmpty()) {
      posix = new TreeMap<>();
    }
    posix.put(timer.setup().id(), timer);
  }

  /**
   * Returns a timer.
   *
   * @throws FileException EINVAL if there is none with that number
   */
  PosixTimer get(int id) {
    PosixTimer timer = posix.get(id);
    if (timer == null) {
      throw new FileException(Errno.EINVAL);
    }
    return timer;
  }

  void remove(int id) {
    get(id).drop();
    posix.remove(id);
  }

  /** Returns the information of a signal when it is delivered, and starts its timer again. */
  public SignalInfo delivered(SignalInfo info) {
    if (info.code() == SignalInfo.SI_TIMER) {
      PosixTimer timer = posix.get(info.timerId());
      return timer == null ? info.withOverrun(0) : timer.delivered(info);
    }
    if (info.code() == SignalInfo.SI_KERNEL) {
      for (IntervalTimer timer : intervals()) {
        if (timer.signal() == info.signal()) {
          return timer.delivered(info);
        }
      }
    }
    return info;
  }

  /** Returns the state for a snapshot. */
  public TimerState state() {
    if (isInitial()) {
      return TimerState.INITIAL;
    }
    List<TimerState.Interval> kinds = new ArrayList<>();
    for (IntervalTimer timer : intervals()) {
      kinds.add(new TimerState.Interval(timer.expirations(), timer.isPending()));
    }
    List<TimerState.Posix> all = new ArrayList<>();
    for (PosixTimer timer : posix.values()) {
      all.add(
          new TimerState.Posix(
              timer.setup(),
              timer.expirations(),
              timer.isPending(),
              timer.setting(),
              timer.overrun()));
    }
    return new TimerState(kinds, all, nextId);
  }

  private boolean isInitial() {
    IntervalTimer[] there = intervals;
    if (there != null) {
      for (IntervalTimer timer : there) {
        if (!timer.expirations().isNone()) {
          return false;
        }
      }
    }
    return posix.isEmpty() && nextId == 0;
  }

  /** {@inheritDoc} The clocks are restored before. */
  @Override
  public void restore(TimerState earlier) {
    if (earlier.equals(TimerState.INITIAL) && isInitial()) {
      return;
    }
    posix.values().forEach(PosixTimer::drop);
    posix = Collections.emptySortedMap();
    for (int kind = 0; kind < INTERVALS; kind++) {
      TimerState.Interval state = earlier.interval().get(kind);
      interval(kind).restore(state.expirations(), state.isPending());
    }
    for (TimerState.Posix state : earlier.posix()) {
      PosixTimer timer = new PosixTimer(queue, state.setup(), target);
      put(timer);
      timer.restore(state);
    }
    nextId = earlier.nextId();
  }
}
