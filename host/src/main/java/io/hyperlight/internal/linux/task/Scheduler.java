package io.hyperlight.internal.linux.task;

import io.hyperlight.internal.linux.wait.TimerQueue;
import io.hyperlight.internal.linux.wait.WaitClock;
import io.hyperlight.internal.machine.Context;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Decides which task of a world runs. One task is current. Tasks that could run are ready, and get
 * their turns in the order in which they became ready. All others wait.
 *
 * <p>The current task goes on until it waits, ends or yields, or until its turn is over and another
 * task is ready. The turn begins when another task is ready, so a task that is alone is never
 * disturbed. {@link #plan} sets when the machine has to stop code that makes no system call. A task
 * that is ready may have left its code at any instruction, or at a system call.
 *
 * <p>For one thread at a time, except for {@link OutsideEvents}.
 */
public final class Scheduler {
  /** How long a task runs while others are ready. */
  static final long TURN_NANOS = 4_000_000;

  /** So many steps of work that a checkpoint looks at the clock and at interrupts. */
  private static final long LOOK = 1 << 16;

  private final Context context;
  private final WaitClock clock;
  private final TimerQueue timers;
  private final TurnOrder order;
  private final OutsideEvents outside = new OutsideEvents();

  /** Ready tasks in the order of their turns. */
  private final List<Task> ready = new ArrayList<>(0);

  private @Nullable Task current;

  /** The task whose registers are in the processor. */
  private @Nullable Task attached;

  /** Whether the current task has asked that others run. */
  private boolean yields;

  /** The host's time at which the turn of the current task is over; 0 if nobody waits for that. */
  private long turnEnd;

  /** Whether the machine may stop the current task. */
  private boolean isPlanned;

  Scheduler(Context context, WaitClock clock, TimerQueue timers, TurnOrder order) {
    this.context = context;
    this.clock = clock;
    this.timers = timers;
    this.order = order;
  }

  /** Returns the task that runs, or ran last. */
  public Task current() {
    return Objects.requireNonNull(current);
  }

  /** Returns the ready tasks in the order of their turns. */
  public List<Task> ready() {
    return ready;
  }

  /** Returns what happens outside of the world and ends waits of its tasks. */
  public OutsideEvents outside() {
    return outside;
  }

  /** Begins with the first task. Its registers are in the processor. */
  public void begin(Task task) {
    current = task;
    attached = task;
  }

  /**
   * Begins the embedder's next call. The machine has forgotten when to stop the guest. The turn of
   * the current task begins.
   */
  public void beginCall() {
    isPlanned = false;
    if (!isQuiet()) {
      turnEnd = 0;
      plan();
    }
  }

  // What happens to tasks.

  /** Adds a task behind the other ready ones. */
  public void add(Task task) {
    ready.add(task);
  }

  /**
   * Forgets a task that has ended.
   *
   * @param other is current until another one runs; null if the task was the last one
   */
  void remove(Task task, @Nullable Task other) {
    ready.remove(task);
    if (current == task && other != null) {
      current = other;
    }
    if (attached == task) {
      attached = null; // its context leaves the processor
    }
  }

  /** Reacts to the end of a task's wait. */
  void woken(Task task) {
    ready.add(task);
  }

  /**
   * Lets the ready tasks run before the current one goes on. With the embedder's clock, time only
   * comes while nothing else can happen. A task that yields until another one's time comes must not
   * keep it away.
   */
  public void yieldTurn() {
    if (ready.isEmpty() && clock.isEmbedders()) {
      timers.expireFirst();
    }
    yields = !ready.isEmpty();
  }

  // Decisions after a call of the current task, or when the machine has stopped it.

  /** Returns whether nothing has to be decided: no other task can run, and no timer is set. */
  public boolean isQuiet() {
    return ready.isEmpty() && timers.isEmpty() && !outside.haveCome();
  }

  /** Lets the timers expire that are due, and reacts to what has come from outside. */
  public void look() {
    outside.take();
    if (timers.nanosToNext() == 0) {
      timers.expire();
    }
  }

  /**
   * Answers whether the turn of the current task is over.
   *
   * @param stopped whether the machine has stopped it, so that its turn may be over
   */
  public boolean isTurnOver(boolean stopped) {
    if (ready.isEmpty()) {
      return false;
    }
    if (yields) {
      return true;
    }
    return switch (order.kind()) {
      case TIMED -> turnEnd != 0 && System.nanoTime() - turnEnd >= 0;
      case UNTIMED -> false;
      case SEEDED -> stopped || order.endsTurn();
    };
  }

  /** Puts the current task behind the ready ones. */
  public void requeue() {
    ready.add(current());
  }

  /**
   * Chooses the next task and makes it current.
   *
   * @return null if none is ready
   */
  public @Nullable Task next() {
    if (ready.isEmpty()) {
      return null;
    }
    Task next = ready.remove(order.choose(ready.size()));
    switchTo(next);
    return next;
  }

  /** Makes a task current that is not ready. */
  public void switchTo(Task next) {
    current = next;
    yields = false;
    turnEnd = 0;
  }

  /**
   * Prepares the entry of the current task into its code. Brings its registers into the processor,
   * and tells the machine when to stop the task although it makes no system call: at the end of its
   * turn, or when a timer is due. Never if turns do not depend on time.
   */
  public void plan() {
    Task before = attached;
    Task next = current();
    if (before != next) {
      long now = System.nanoTime();
      if (before != null) {
        before.context().park();
        before.usage().leaves(now);
      }
      next.context().unpark();
      next.usage().enters(now);
      attached = next;
    }
    long at = order.isTimed() ? nextStop() : Long.MAX_VALUE;
    if (isPlanned || at != Long.MAX_VALUE) {
      isPlanned = at != Long.MAX_VALUE;
      current().context().preemptAt(at);
    }
  }

  private long nextStop() {
    long left = clock.isEmbedders() ? Long.MAX_VALUE : timers.nanosToNext();
    if (ready.isEmpty() && left == Long.MAX_VALUE && !outside.haveCome()) {
      turnEnd = 0;
      return Long.MAX_VALUE;
    }
    long now = System.nanoTime();
    if (outside.haveCome()) {
      left = 0;
    }
    if (ready.isEmpty()) {
      turnEnd = 0;
    } else {
      if (turnEnd == 0) {
        turnEnd = now + TURN_NANOS;
      }
      left = Math.min(left, turnEnd - now);
    }
    return left >= Long.MAX_VALUE / 2 ? Long.MAX_VALUE : now + Math.max(0, left);
  }

  // Nothing can run.

  /**
   * Waits until a timer expires or something happens outside.
   *
   * @return false if there is neither, so that nothing can ever happen
   * @throws io.hyperlight.internal.os.StoppedException if the call has to end
   */
  public boolean idle() {
    long nanos = timers.nanosToNextWhileIdle();
    if (nanos == Long.MAX_VALUE && !outside.areExpected()) {
      return false;
    }
    if (clock.isEmbedders() && nanos != Long.MAX_VALUE && !outside.areExpected()) {
      timers.expireFirst();
      context.checkpoint().pass();
    } else {
      sleep(nanos);
      look();
    }
    return true;
  }

  private void sleep(long nanos) {
    if (nanos > 0 && context.goOutside()) {
      long begin = System.nanoTime();
      try {
        outside.await(nanos);
      } finally {
        Task idle = attached == null ? current() : attached;
        idle.usage().slept(System.nanoTime() - begin);
        context.comeBack();
      }
    }
    context.checkpoint().pass(LOOK);
  }

  // Restores.

  /**
   * Forgets all tasks but the current one.
   *
   * @param inProcessor the one whose registers are in the processor; null for none
   */
  void reset(Task task, @Nullable Task inProcessor) {
    ready.clear();
    current = task;
    attached = inProcessor;
    yields = false;
    turnEnd = 0;
    isPlanned = true; // so that the machine is told
  }
}
