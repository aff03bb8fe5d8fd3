package io.hyperlight.internal.linux.task;

import io.hyperlight.internal.linux.wait.TimerQueue;
import io.hyperlight.internal.linux.wait.WaitClock;
import io.hyperlight.internal.machine.Context;
import io.hyperlight.internal.machine.VcpuTeam;
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
 * <p>With several processors, each has a current task. {@link #select} says for which of them the
 * host works. They share the ready tasks.
 *
 * <p>For one thread at a time, except for {@link OutsideEvents}.
 */
public final class Scheduler {
  /** So many steps of work that a checkpoint looks at the clock and at interrupts. */
  private static final long LOOK = 1 << 16;

  private final Context context;
  private final WaitClock clock;
  private final TimerQueue timers;
  private final TurnOrder order;
  private final OutsideEvents outside = new OutsideEvents();

  /** Ready tasks in the order of their turns. */
  private final List<Task> ready = new ArrayList<>(0);

  /** By the number of the processor. The first one runs as long as there is no team. */
  private final List<ProcessorTurn<Task>> turns = new ArrayList<>();

  /** That of the processor for which the host works now. */
  private ProcessorTurn<Task> turn;

  /** The processors that run now besides the first, which then does not. */
  private @Nullable VcpuTeam team;

  /** The tasks that ran when the team was stopped last. */
  private final List<Task> stopped = new ArrayList<>(0);

  /** How often tasks have yielded in a row, while nothing else has happened. */
  private int yieldsInARow;

  /** The task with which the work of the team ended. */
  private @Nullable Task kept;

  Scheduler(Context context, WaitClock clock, TimerQueue timers, TurnOrder order, int processors) {
    this.context = context;
    this.clock = clock;
    this.timers = timers;
    this.order = order;
    for (int i = 0; i <= processors; i++) {
      if (i == 0 || processors > 1) {
        turns.add(new ProcessorTurn<>(i));
      }
    }
    turn = turns.getFirst();
  }

  /** Returns the task that runs, or ran last. */
  public Task current() {
    return Objects.requireNonNull(turn.current);
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
    turn.current = task;
    turn.attached = task;
  }

  /**
   * Begins the embedder's next call. The machine has forgotten when to stop the guest. The turn of
   * the current task begins.
   */
  public void beginCall() {
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
    if (turn.current == task && other != null) {
      turn.current = other;
    }
    if (turns.getFirst().current == task && other != null) {
      turns.getFirst().current = other; // if that is another turn
    }
    if (turn.attached == task) {
      turn.attached = null; // its context leaves the processor
    }
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
    if (clock.isEmbedders() && ++yieldsInARow > ready.size() + othersBusy()) {
      yieldsInARow = 0;
      timers.expireFirst();
    }
    turn.yields = !ready.isEmpty();
  }

  // Decisions after a call of the current task, or when the machine has stopped it.

  /** Returns whether nothing has to be decided: no other task can run, and no timer is set. */
  public boolean isQuiet() {
    return ready.isEmpty()
        && timers.isEmpty()
        && !outside.haveCome()
        && (team == null || mayRun(current()));
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
      return !mayRun(current());
    }
    if (turn.yields || !mayRun(current())) {
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
    if (!turn.yields) {
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
    Task next = team == null ? ready.remove(order.choose(ready.size())) : nextFor(team);
    if (next == null) {
      return null;
    }
    switchTo(next);
    return next;
  }

  /** Makes a task current that is not ready. */
  public void switchTo(Task next) {
    turn.current = next;
    turn.yields = false;
    turn.turnEnd = 0;
    turn.isBusy = team != null;
  }

  /**
   * Prepares the entry of the current task into its code. Brings its registers into the processor,
   * and tells the machine when to stop the task although it makes no system call: at the end of its
   * turn, or when a timer is due. Never if turns do not depend on time.
   */
  public void plan() {
    Task before = turn.attached;
    Task next = current();
    if (before != next) {
      long now = System.nanoTime();
      if (before != null) {
        before.context().park();
        before.usage().leaves(now);
      }
      if (team != null) {
        takeFromOthers(next);
      }
      next.context().unparkOn(turn.processor);
      next.usage().enters(now);
      turn.attached = next;
    }
    long at = order.isTimed() ? nextStop() : Long.MAX_VALUE;
    if (turn.isPlanned || at != Long.MAX_VALUE) {
      turn.isPlanned = at != Long.MAX_VALUE;
      current().context().preemptAt(at);
    }
    if (team != null) {
      share(team);
    }
  }

  private long nextStop() {
    boolean others = team != null && hasIdle(); // they wait for timers
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
      context.checkpoint().pass();
    } else {
      sleep(nanos);
      look();
    }
    return true;
  }

  private void sleep(long nanos) {
    if (team != null) {
      waitForOthers(nanos);
      return;
    }
    if (nanos > 0 && context.goOutside()) {
      long begin = System.nanoTime();
      try {
        outside.await(nanos);
      } finally {
        Task idle = turn.attached == null ? current() : turn.attached;
        idle.usage().slept(System.nanoTime() - begin);
        context.comeBack();
      }
    }
    context.checkpoint().pass(LOOK);
  }

  // Several processors. The caller holds the lock of the team, unless it is stopped.

  /** Returns whether tasks could run on several processors at once. */
  public boolean couldShare() {
    return turns.size() > 1 && !ready.isEmpty() && order.isTimed();
  }

  /**
   * Begins to run tasks on several processors. The current task is about to go on.
   *
   * @param now the processors
   */
  public void begin(VcpuTeam now) {
    Task task = current();
    stopped.clear();
    kept = null;
    if (turn.isPlanned) {
      turn.isPlanned = false;
      task.context().preemptAt(Long.MAX_VALUE);
    }
    leaveProcessor();
    ready.addFirst(task);
    team = now;
    outside.wakeAlso(now::look);
  }

  /** Sets for which processor the host works now. */
  public void select(int processor) {
    turn = turns.get(processor);
  }

  /**
   * Ends the work of a processor of the team. If its task could go on, it is ready.
   *
   * @param keeps whether its task stays current, since the call ends with it
   */
  public void leave(boolean keeps) {
    Task task = turn.current;
    if (task != null && turn.isBusy) {
      leaveProcessor();
      Context left = task.context();
      if (keeps) {
        kept = task;
      } else if (left.state() == Context.State.READY || left.isResumable()) {
        stopped.add(task);
        ready.addFirst(task);
      }
    } else if (turn.attached != null) {
      leaveProcessor();
    }
    turn.current = null;
    turn.isBusy = false;
    turn.isPlanned = false;
  }

  private void leaveProcessor() {
    Task attached = turn.attached;
    if (attached == null) {
      return;
    }
    turn.attached = null;
    Context context = attached.context();
    if (!context.isParked() && context.state() != Context.State.RUNNING && !context.isBroken()) {
      context.park();
    }
    attached.usage().leaves(System.nanoTime());
  }

  /** Ends the time of several processors: all of them have {@linkplain #leave left}. */
  public void end() {
    team = null;
    outside.wakeAlso(() -> {});
    turn = turns.getFirst();
    if (kept != null) {
      turn.current = kept;
    } else if (!stopped.isEmpty()) {
      turn.current = stopped.getFirst();
    }
    Task task = current();
    if (task.context().state() == Context.State.RESTING && task.context().isParked()) {
      plan(); // the next call begins with it
    }
  }

  /** Returns whether the current processor has to end its work. */
  public boolean isStopping() {
    return team != null && team.isStopping();
  }

  /** Returns whether a task ran when the work of several processors was ended. */
  public boolean wasStopped(Task task) {
    return stopped.contains(task);
  }

  /** Returns whether other processors have tasks, or can take one that is ready. */
  public boolean othersRun() {
    return team != null && (!ready.isEmpty() || othersBusy() > 0);
  }

  /** Returns how many other processors have tasks. */
  private int othersBusy() {
    int busy = 0;
    for (int i = 1; team != null && i < turns.size(); i++) {
      if (turns.get(i) != turn && turns.get(i).isBusy) {
        busy++;
      }
    }
    return busy;
  }

  /** Waits until there may be something to do for the current processor, which has no task. */
  public void awaitOthers() {
    waitForOthers(timers.nanosToNext());
  }

  private void waitForOthers(long nanos) {
    VcpuTeam now = Objects.requireNonNull(team);
    ProcessorTurn<Task> own = turn;
    own.isBusy = false;
    own.idleUntil = nanos >= Long.MAX_VALUE / 2 ? Long.MAX_VALUE : System.nanoTime() + nanos;
    Task attached = own.attached;
    long begin = System.nanoTime();
    now.idle(own.processor, nanos);
    turn = own;
    if (attached != null && own.attached == attached) {
      attached.usage().waited(System.nanoTime() - begin);
    }
    context.checkpoint().pass(LOOK);
  }

  /** Returns the first ready task that the current processor can take now. */
  private @Nullable Task nextFor(VcpuTeam now) {
    for (int i = 0; i < ready.size(); i++) {
      Task task = ready.get(i);
      if (!mayRun(task)) {
        continue;
      }
      if (task.context().canGoTo(turn.processor)) {
        return ready.remove(i);
      }
      // Its vector state is in a processor that runs another task.
      now.kick(task.context().processor());
    }
    share(now);
    return null;
  }

  /** Returns whether a task may run on the current processor. */
  private boolean mayRun(Task task) {
    if (turns.size() == 1 || turn.processor == 0) {
      return true;
    }
    return (task.attributes().scheduling().affinity(all()) >>> (turn.processor - 1) & 1) != 0;
  }

  /** Returns a bit for each processor that the guest sees. */
  private long all() {
    return (1L << Math.max(1, turns.size() - 1)) - 1;
  }

  /** Takes a task's registers from the processor where it has waited, which has no other task. */
  private void takeFromOthers(Task task) {
    for (int i = 1; i < turns.size(); i++) {
      if (turns.get(i).attached == task) {
        turns.get(i).attached = null;
        task.context().park();
        task.usage().leaves(System.nanoTime());
      }
    }
  }

  /** Lets other processors take ready tasks, now or when their tasks have had a turn. */
  private void share(VcpuTeam now) {
    if (!timers.isEmpty() && hasIdle()) {
      wakeForTimer(now);
    }
    if (ready.isEmpty()) {
      return;
    }
    for (int i = 0; i < ready.size() && hasIdle(); i++) {
      now.wakeOne(ready.get(i).context().processor());
    }
    for (int i = 1; i < turns.size(); i++) {
      ProcessorTurn<Task> other = turns.get(i);
      Task task = other.current;
      if (other != turn && other.isBusy && other.turnEnd == 0 && task != null) {
        other.turnEnd = System.nanoTime() + order.turnNanos();
        other.isPlanned = true;
        task.context().preemptAt(other.turnEnd);
      }
    }
  }

  /** Makes a processor without a task wait no longer than until the next timer is due. */
  private void wakeForTimer(VcpuTeam now) {
    long left = timers.nanosToNext();
    long due = left >= Long.MAX_VALUE / 2 ? Long.MAX_VALUE : System.nanoTime() + left;
    int idle = 0;
    for (int i = 1; i < turns.size(); i++) {
      if (!turns.get(i).isBusy) {
        if (turns.get(i).idleUntil <= due) {
          return;
        }
        idle = i;
      }
    }
    now.wakeOne(idle);
  }

  private boolean hasIdle() {
    for (int i = 1; i < turns.size(); i++) {
      if (!turns.get(i).isBusy) {
        return true;
      }
    }
    return false;
  }

  /** Makes a task look for signals, if it runs on another processor. */
  void interrupted(Task task) {
    VcpuTeam now = team;
    for (int i = 1; now != null && i < turns.size(); i++) {
      if (turns.get(i) != turn && turns.get(i).isBusy && turns.get(i).current == task) {
        now.kick(i);
      }
    }
  }

  /**
   * Makes the tasks that run on other processors leave their code, so that they go on behind a
   * barrier.
   */
  public void barrier() {
    for (int i = 1; team != null && i < turns.size(); i++) {
      if (turns.get(i) != turn) {
        team.kickAndWait(i);
      }
    }
  }

  /** Returns the number of the processor on which the current task runs, from 0 on. */
  public int processor() {
    return turn.processor == 0
        ? Long.numberOfTrailingZeros(current().attributes().scheduling().affinity(all()))
        : turn.processor - 1;
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
    turn.current = task;
    turn.attached = inProcessor;
    turn.yields = false;
    turn.turnEnd = 0;
    turn.isPlanned = true; // so that the machine is told
    stopped.clear();
    kept = null;
  }
}
