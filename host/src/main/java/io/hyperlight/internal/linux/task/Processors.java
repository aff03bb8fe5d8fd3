package io.hyperlight.internal.linux.task;

import io.hyperlight.internal.linux.proc.TaskAttributes;
import io.hyperlight.internal.linux.time.TaskUsage;
import io.hyperlight.internal.linux.wait.TimerQueue;
import io.hyperlight.internal.machine.Context;
import io.hyperlight.internal.machine.VcpuTeam;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The processors of a world, and the task that each of them has. There is one turn for the first
 * vCPU. If the world has several processors, there is one for each of their vCPUs besides. These
 * run while there is a {@linkplain #team team}, and the first vCPU does not.
 *
 * <p>The host works for one processor at a time: {@link #select} says for which. They share the
 * tasks that are ready. {@link Scheduler} decides what a processor does. This class hands tasks
 * from one processor to another.
 *
 * <p>For one thread at a time. While there is a team, the caller holds its lock.
 *
 * @param <T> the type of the tasks
 */
@SuppressWarnings("ReferenceEquality") // a task equals itself only
public final class Processors<T extends Processors.Runner> {
  /** What takes turns on the processors. */
  interface Runner {
    Context context();

    TaskAttributes attributes();

    TaskUsage usage();
  }

  /** So many steps of work that a checkpoint looks at the clock and at interrupts. */
  static final long LOOK = 1 << 16;

  private final Context context;
  private final TimerQueue timers;
  private final TurnOrder order;
  private final OutsideEvents outside;

  /** Ready tasks in the order of their turns. */
  private final List<T> ready;

  /** By the number of the processor. The first one runs as long as there is no team. */
  private final List<ProcessorTurn<T>> turns = new ArrayList<>();

  /** That of the processor for which the host works now. */
  private ProcessorTurn<T> turn;

  /** The processors that run now besides the first, which then does not. */
  private @Nullable VcpuTeam team;

  /** The tasks that ran when the team was stopped last. */
  private final List<T> stopped = new ArrayList<>(0);

  /** The task with which the work of the team ended. */
  private @Nullable T kept;

  /**
   * Makes the processors of a world that has not begun.
   *
   * @param count how many the guest sees
   * @param ready the tasks that all of them share
   */
  Processors(
      int count,
      List<T> ready,
      Context context,
      TimerQueue timers,
      TurnOrder order,
      OutsideEvents outside) {
    this.ready = ready;
    this.context = context;
    this.timers = timers;
    this.order = order;
    this.outside = outside;
    for (int i = 0; i <= count; i++) {
      if (i == 0 || count > 1) {
        turns.add(new ProcessorTurn<>(i));
      }
    }
    turn = turns.getFirst();
  }

  /** Returns the turn of the processor for which the host works. */
  ProcessorTurn<T> turn() {
    return turn;
  }

  /** Returns whether several processors run. */
  boolean areSeveral() {
    return team != null;
  }

  /**
   * Forgets a task that has ended.
   *
   * @param other is current until another one runs; null if the task was the last one
   */
  void remove(T task, @Nullable T other) {
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

  /** Brings the registers of the current task into the current processor. */
  void attachCurrent() {
    T before = turn.attached;
    T next = Objects.requireNonNull(turn.current);
    if (before == next) {
      return;
    }
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
    T task = Objects.requireNonNull(turn.current);
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
    T task = turn.current;
    if (task != null && turn.isBusy) {
      leaveProcessor();
      Context left = task.context();
      if (keeps) {
        kept = task;
      } else if (left.state() == Context.State.READY || left.isResumable()) {
        stopped.add(task);
        if (!ready.contains(task)) { // a stop may come when its turn is just over
          ready.addFirst(task);
        }
      }
    } else if (turn.attached != null) {
      leaveProcessor();
    }
    turn.current = null;
    turn.isBusy = false;
    turn.isPlanned = false;
  }

  private void leaveProcessor() {
    T attached = turn.attached;
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
  void end() {
    team = null;
    outside.wakeAlso(() -> {});
    turn = turns.getFirst();
    if (kept != null) {
      turn.current = kept;
    } else if (!stopped.isEmpty()) {
      turn.current = stopped.getFirst();
    }
  }

  /** Returns whether the current processor has to end its work. */
  public boolean isStopping() {
    return team != null && team.isStopping();
  }

  /** Returns whether a task ran when the work of several processors was ended. */
  public boolean wasStopped(T task) {
    return stopped.contains(task);
  }

  /** Returns whether other processors have tasks, or can take one that is ready. */
  public boolean othersRun() {
    return team != null && (!ready.isEmpty() || othersBusy() > 0);
  }

  /** Returns how many other processors have tasks. */
  int othersBusy() {
    int busy = 0;
    for (int i = 1; team != null && i < turns.size(); i++) {
      if (turns.get(i) != turn && turns.get(i).isBusy) {
        busy++;
      }
    }
    return busy;
  }

  /**
   * Waits until there may be something to do for the current processor, which has no task.
   *
   * @throws io.hyperlight.internal.os.StoppedException if the call has to end
   */
  public void awaitOthers() {
    awaitOthers(timers.nanosToNext());
  }

  /** Waits for at most so long. */
  void awaitOthers(long nanos) {
    VcpuTeam now = Objects.requireNonNull(team);
    ProcessorTurn<T> own = turn;
    own.isBusy = false;
    own.idleUntil = nanos >= Long.MAX_VALUE / 2 ? Long.MAX_VALUE : System.nanoTime() + nanos;
    T attached = own.attached;
    long begin = System.nanoTime();
    now.idle(own.processor, nanos);
    turn = own;
    if (attached != null && own.attached == attached) {
      attached.usage().waited(System.nanoTime() - begin);
    }
    context.call().pass(LOOK);
  }

  /** Takes the first ready task that the current processor can have now. */
  @Nullable T takeReady() {
    VcpuTeam now = Objects.requireNonNull(team);
    for (int i = 0; i < ready.size(); i++) {
      T task = ready.get(i);
      if (!mayRun(task)) {
        continue;
      }
      if (task.context().canGoTo(turn.processor)) {
        return ready.remove(i);
      }
      // Its vector state is in a processor that runs another task.
      now.kick(task.context().processor());
    }
    share();
    return null;
  }

  /** Returns whether a task may run on the current processor. */
  boolean mayRun(T task) {
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
  private void takeFromOthers(T task) {
    for (int i = 1; i < turns.size(); i++) {
      if (turns.get(i).attached == task) {
        turns.get(i).attached = null;
        task.context().park();
        task.usage().leaves(System.nanoTime());
      }
    }
  }

  /** Lets other processors take ready tasks, now or when their tasks have had a turn. */
  void share() {
    VcpuTeam now = team;
    if (now == null) {
      return;
    }
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
      ProcessorTurn<T> other = turns.get(i);
      T task = other.current;
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

  /** Returns whether a processor has no task, so that it can wait for timers. */
  boolean hasIdle() {
    for (int i = 1; i < turns.size(); i++) {
      if (!turns.get(i).isBusy) {
        return true;
      }
    }
    return false;
  }

  /** Makes a task look for signals, if it runs on another processor. */
  void interrupted(T task) {
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
  public int number() {
    return turn.processor == 0
        ? Long.numberOfTrailingZeros(
            Objects.requireNonNull(turn.current).attributes().scheduling().affinity(all()))
        : turn.processor - 1;
  }

  /**
   * Forgets all tasks but one.
   *
   * @param inProcessor the one whose registers are in the processor; null for none
   */
  void reset(T task, @Nullable T inProcessor) {
    for (int i = 0; i < turns.size(); i++) { // an error may have ended a call in the middle
      turns.get(i).forget();
    }
    team = null;
    outside.wakeAlso(() -> {});
    turn = turns.getFirst();
    turn.current = task;
    turn.attached = inProcessor;
    turn.isPlanned = true; // so that the machine is told
    stopped.clear();
    kept = null;
  }
}
