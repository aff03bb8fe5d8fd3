package io.hyperlight.internal.linux;

import io.hyperlight.internal.linux.base.CallOutcome;
import io.hyperlight.internal.linux.fd.StandardStreams;
import io.hyperlight.internal.linux.task.GuestProcess;
import io.hyperlight.internal.linux.task.Scheduler;
import io.hyperlight.internal.linux.task.Task;
import io.hyperlight.internal.linux.task.World;
import io.hyperlight.internal.linux.wait.TaskWait;
import io.hyperlight.internal.linux.wait.WaitSource;
import io.hyperlight.internal.machine.Context;
import io.hyperlight.internal.os.Checkpoint;

/**
 * Lets the tasks of a world run in turn: from a system call, or from where the machine has stopped
 * one, to the next entry into the guest.
 *
 * <p>A call of a task that does not run is made without its registers in the processor. So a task
 * that wakes and waits again costs no switch.
 *
 * <p>All methods return whether the guest continues. If not, the outcome of the world says why.
 */
final class Turns {
  private final Scheduler scheduler;
  private final GuestProcess process;
  private final CallHandlers handlers;
  private final CallOutcome outcome;
  private final Checkpoint checkpoint;
  private final StandardStreams streams;

  /** How many system calls were answered. */
  private long count;

  Turns(World world, GuestProcess process, CallHandlers handlers) {
    scheduler = world.scheduler();
    outcome = world.outcome();
    checkpoint = world.checkpoint();
    streams = world.files().streams();
    this.process = process;
    this.handlers = handlers;
  }

  long count() {
    return count;
  }

  /** Begins again, after the tasks were restored. */
  void restore() {
    count = 0;
    handlers.retain(process.tasks().all());
  }

  /** Answers the system call at which the current task stopped. */
  boolean answer() {
    Task task = scheduler.current();
    outcome.begin();
    task.waiting().reset();
    long result = handlers.call(task);
    if (outcome.kind() == CallOutcome.Kind.RESULT && scheduler.isQuiet()) {
      count++;
      finish(task, result);
      return !outcome.isEnd();
    }
    return decide(task, result);
  }

  /** Lets a processor begin that has no task yet. */
  boolean begin() {
    return next();
  }

  /** Goes on after the world has waited for input, which there is now. */
  boolean proceed() {
    streams.arrival().changed();
    return next();
  }

  /** Goes on after the machine has stopped the current task so that others can run. */
  boolean preempted() {
    Task task = scheduler.current();
    outcome.begin();
    scheduler.look();
    if (outcome.isEnd()) {
      return false;
    }
    if (scheduler.isTurnOver(true)) {
      scheduler.requeue();
      return next();
    }
    return resumes(task) && enter();
  }

  /** Lets the current task continue with the result of its call, or with a signal's handler. */
  private void finish(Task task, long result) {
    task.waiting().reset();
    Context context = task.context();
    context.answer(result);
    if (!task.delivery().deliverPending()) {
      context.resume();
    }
  }

  private boolean enter() {
    if (outcome.isEnd()) {
      return false;
    }
    scheduler.plan();
    return true;
  }

  /** Decides who runs after a call of the current task. */
  private boolean decide(Task task, long result) {
    return switch (outcome.kind()) {
      case RESULT -> answered(task, result);
      case REDIRECTED -> {
        count++;
        yield enter();
      }
      case BLOCKED, WAITING_FOR_INPUT -> next();
      case INTERRUPTED -> interrupted(task) ? enter() : next();
      case TASK_EXITED -> exit(task);
      case EXITED, KILLED, STUCK -> false;
    };
  }

  private boolean answered(Task task, long result) {
    count++;
    scheduler.look();
    if (outcome.isEnd()) {
      return false;
    }
    if (scheduler.isTurnOver(false)) {
      task.keepAnswer(result);
      scheduler.requeue();
      return next();
    }
    finish(task, result);
    return enter();
  }

  private boolean exit(Task task) {
    int status = outcome.number();
    boolean isLast = process.tasks().end(task);
    handlers.forget(task);
    if (isLast) {
      outcome.exit(status);
      return false;
    }
    return next();
  }

  /** Lets the next task run that can, as soon as one can. */
  private boolean next() {
    outcome.begin();
    while (true) {
      checkpoint.pass();
      if (scheduler.processors().isStopping()) {
        return true; // others decide what comes
      }
      scheduler.look();
      if (outcome.isEnd()) {
        abandonCalls();
        return false; // a timer's signal ends the process
      }
      Task task = scheduler.next();
      if (task == null) {
        if (scheduler.processors().othersRun()) {
          scheduler.processors().awaitOthers();
          outcome.begin();
        } else if (rests() || !idles()) {
          return false;
        }
      } else if (resumes(task)) {
        return enter();
      }
    }
  }

  /** Rests if a task waits for the embedder's next request. Timers do not matter meanwhile. */
  private boolean rests() {
    WaitSource arrival = streams.arrival();
    if (!arrival.hasWaiters()) {
      return false;
    }
    for (Task task : process.tasks().all()) {
      if (task.waiting().isFor(arrival)) {
        scheduler.switchTo(task);
        scheduler.plan();
        outcome.waitForInput();
        return true;
      }
    }
    return false;
  }

  /** Reports the calls of tasks that wait, since the program ends here. */
  private void abandonCalls() {
    for (Task task : process.tasks().all()) {
      if (task.waiting().state() == TaskWait.State.BLOCKED) {
        handlers.abandoned(task);
      }
    }
  }

  private boolean idles() {
    if (scheduler.idle()) {
      outcome.begin(); // another processor may have made a call meanwhile
      return true;
    }
    abandonCalls();
    for (Task task : process.tasks().all()) {
      if (task.waiting().state() == TaskWait.State.BLOCKED) {
        outcome.stuck(task.waiting().what());
        return false;
      }
    }
    outcome.stuck("waits for nothing");
    return false;
  }

  /**
   * Lets the current task continue from where it left its code.
   *
   * @return false if its call waits again
   */
  private boolean resumes(Task task) {
    Context context = task.context();
    if (context.state() == Context.State.TRAPPED) {
      if (!task.delivery().deliverStopped()) {
        context.resumeStopped();
      }
      return true;
    }
    if (context.state() == Context.State.READY) {
      return true; // its registers are set
    }
    TaskWait waiting = task.waiting();
    if (task.hasAnswer()) {
      finish(task, task.takeAnswer());
      return true;
    }
    if (waiting.state() == TaskWait.State.COMPLETED) {
      count++;
      handlers.completed(task, waiting.result());
      finish(task, waiting.result());
      return true;
    }
    return callsAgain(task);
  }

  private boolean callsAgain(Task task) {
    while (true) {
      outcome.begin();
      long result = handlers.call(task);
      switch (outcome.kind()) {
        case RESULT -> {
          count++;
          finish(task, result);
          return true;
        }
        case BLOCKED, WAITING_FOR_INPUT -> {
          outcome.begin();
          return false;
        }
        case INTERRUPTED -> {
          if (handles(task)) {
            return true;
          }
        }
        default -> {
          count++;
          return true;
        }
      }
      checkpoint.pass();
    }
  }

  /** Answers an interrupted call of the current task. Returns false if it waits again. */
  private boolean interrupted(Task task) {
    return handles(task) || callsAgain(task);
  }

  /**
   * Delivers the signal that has interrupted a call.
   *
   * @return false if no handler runs, so that the call is made again
   */
  private boolean handles(Task task) {
    outcome.begin();
    if (task.delivery().deliverInterrupting(task.waiting().restart())) {
      count++;
      return true;
    }
    return false;
  }
}
