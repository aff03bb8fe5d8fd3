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
 * <p>With several {@linkplain Processors processors}, each has a current task, and they share the
 * ready ones.
 *
 * <p>For one thread at a time, except for {@link OutsideEvents}.
 */
public final class Scheduler {
  private final Context context;
  private final WaitClock clock;
  private final TimerQueue timers;
  private final TurnOrder order;
  private final OutsideEvents outside = new OutsideEvents();

  /** Ready tasks in the order of their turns. */
  private final List<Task> ready = new ArrayList<>(0);

  private final Processors<Task> processors;

  /** How often tasks have yielded in a row, while nothing else has happened. */
  private int yieldsInARow;

  Scheduler(
      Context context, WaitClock clock, TimerQueue timers, TurnOrder order, int processorCount) {
    this.context = context;
    this.clock = clock;
    this.timers = timers;
    this.order = order;
    processors = new Processors<>(processorCount, ready, context, timers, order, outside);
  }

  /** Returns the task that runs, or ran last. */
  public Task current() {
    return Objects.requireNonNull(processors.turn().current);
  }

  /** Returns the ready tasks in the order of their turns. */
  public List<Task> ready() {
    return ready;
  }

  /** Returns what runs the tasks. */
  public Processors<Task> processors() {
    return processors;
  }

  /** Returns what happens outside of the world and ends waits of its tasks. */
  public OutsideEvents outside() {
    return outside;
  }

  /** Begins with the first task. Its registers are in the processor. */
  public void begin(Task task) {
    ProcessorTurn<Task> turn = processors.turn();
    turn.current = task;
    turn.attached = task;
  }

  /**
   * Begins the embedder's next call. The machine has forgotten when to stop the guest. The turn of
   * the current task begins.
   */
  public void beginCall() {
    ProcessorTurn<Task> turn = processors.turn();
    turn.isPlanned = false;
    if (!isQuiet()) {
      turn.turnEnd = 0;
      plan();
    }
  }

  // What happens to tasks.

  /** Adds a task behind the other ready ones. */
  public void add(Task task) {
    ready.add(task);
    yieldsInARow = 0;
  }

  /**
   * Forgets a task that has ended.
   *
   * @param other is current until another one runs; null if the task was the last one
   */
  void remove(Task task, @Nullable Task other) {
    ready.remove(task);
    processors.remove(task, other);
  }

  /** Reacts to the end of a task's wait. */
  void woken(Task task) {
    add(task);
  }

  /**
   * Lets the ready tasks run before the current one goes on. With the embedder's clock, time only
   * comes while nothing else can happen. Tasks that yield until another one's time comes must not
   * keep it away. So it comes when all tasks that can run have yielded in turn.
   */
  public void yieldTurn() {
    if (clock.isEmbedders() && ++yieldsInARow > ready.size() + processors.othersBusy()) {
      yieldsInARow = 0;
      timers.expireFirst();
    }
    processors.turn().yields = !ready.isEmpty();
  }

  /**
   * Reacts to a wait of the current task that was over before it began. If no task is preempted,
   * one that makes such waits again and again would keep the others from running for ever. On a
   * slow machine these are all waits for a short time.
   */
  void skippedWait() {
    if (order.kind() == TurnOrder.Kind.UNTIMED && !clock.isEmbedders()) {
      processors.turn().yields = !ready.isEmpty();
    }
  }

  // Decisions after a call of the current task, or when the machine has stopped it.

  /** Returns whether nothing has to be decided: no other task can run, and no timer is set. */
  public boolean isQuiet() {
    return ready.isEmpty()
        && timers.isEmpty()
        && !outside.haveCome()
        && (!processors.areSeveral() || processors.mayRun(current()));
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
    ProcessorTurn<Task> turn = processors.turn();
    if (ready.isEmpty()) {
      return !processors.mayRun(current());
    }
    if (turn.yields || !processors.mayRun(current())) {
      return true;
    }
    return switch (order.kind()) {
      case TIMED, HASTY -> turn.turnEnd != 0 && System.nanoTime() - turn.turnEnd >= 0;
      case UNTIMED -> false;
      case SEEDED -> stopped || order.endsTurn();
    };
  }

  /** Puts the current task behind the ready ones. */
  public void requeue() {
    if (!processors.turn().yields) {
      yieldsInARow = 0; // it can do something
    }
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
    Task next =
        processors.areSeveral() ? processors.takeReady() : ready.remove(order.choose(ready.size()));
    if (next == null) {
      return null;
    }
    switchTo(next);
    return next;
  }

  /** Makes a task current that is not ready. */
  public void switchTo(Task next) {
    ProcessorTurn<Task> turn = processors.turn();
    turn.current = next;
    turn.yields = false;
    turn.turnEnd = 0;
    turn.isBusy = processors.areSeveral();
  }

  /**
   * Prepares the entry of the current task into its code. Brings its registers into the processor,
   * and tells the machine when to stop the task although it makes no system call: at the end of its
   * turn, or when a timer is due. Never if turns do not depend on time.
   */
  public void plan() {
    processors.attachCurrent();
    ProcessorTurn<Task> turn = processors.turn();
    long at = order.isTimed() ? nextStop() : Long.MAX_VALUE;
    if (turn.isPlanned || at != Long.MAX_VALUE) {
      turn.isPlanned = at != Long.MAX_VALUE;
      current().context().preemptAt(at);
    }
    processors.share();
  }

  private long nextStop() {
    ProcessorTurn<Task> turn = processors.turn();
    boolean others = processors.areSeveral() && processors.hasIdle(); // they wait for timers
    long left = clock.isEmbedders() || others ? Long.MAX_VALUE : timers.nanosToNext();
    if (ready.isEmpty() && left == Long.MAX_VALUE && !outside.haveCome()) {
      turn.turnEnd = 0;
      return Long.MAX_VALUE;
    }
    long now = System.nanoTime();
    if (outside.haveCome()) {
      left = 0;
    }
    if (ready.isEmpty()) {
      turn.turnEnd = 0;
    } else {
      if (turn.turnEnd == 0) {
        turn.turnEnd = now + order.turnNanos();
      }
      left = Math.min(left, turn.turnEnd - now);
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
      context.call().pass();
    } else {
      sleep(nanos);
      look();
    }
    return true;
  }

  private void sleep(long nanos) {
    if (processors.areSeveral()) {
      processors.awaitOthers(nanos);
      return;
    }
    if (nanos > 0 && context.call().goOutside()) {
      long begin = System.nanoTime();
      try {
        outside.await(nanos);
      } finally {
        Task idle = processors.turn().attached;
        (idle == null ? current() : idle).usage().slept(System.nanoTime() - begin);
        context.call().comeBack();
      }
    }
    context.call().pass(Processors.LOOK);
  }

  /** Ends the time of several processors, all of which have left. */
  public void endOfTeam() {
    processors.end();
    Context context = current().context();
    if (context.state() == Context.State.RESTING && context.isParked()) {
      plan(); // the next call begins with it
    }
  }

  // Restores.

  /**
   * Forgets all tasks but the current one.
   *
   * @param inProcessor the one whose registers are in the processor; null for none
   */
  void reset(Task task, @Nullable Task inProcessor) {
    ready.clear();
    order.restore();
    yieldsInARow = 0;
    processors.reset(task, inProcessor);
  }
}
