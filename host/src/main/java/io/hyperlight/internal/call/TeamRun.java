package io.hyperlight.internal.call;

import io.hyperlight.internal.call.Outcome.Ending;
import io.hyperlight.internal.linux.SystemCalls;
import io.hyperlight.internal.machine.Context;
import io.hyperlight.internal.machine.VcpuTeam;
import io.hyperlight.internal.machine.arch.Trap;
import io.hyperlight.internal.os.StoppedException;
import org.jspecify.annotations.Nullable;

/**
 * Runs threads of a guest on several processors, until the call ends, or something happens that
 * only the thread of the call can decide.
 *
 * <p>Each processor takes a ready thread of the guest, runs it, and answers its system calls. All
 * of that holds the lock of the team, except for the guest's code. Requests that are no system
 * calls of Linux are answered by the thread of the call, while the processor waits with the lock.
 *
 * <p>When the processors stop, each thread of the guest stands where it can go on. If one stands at
 * a system call that nobody has looked at, the call is taken back, so that it is made again.
 */
final class TeamRun implements VcpuTeam.Work {
  private final Hypercalls hypercalls;
  private final SystemCalls systemCalls;
  private final VcpuTeam team;

  // The result. It is guarded by the lock of the team.
  private boolean hasResult;
  private @Nullable Ending ending;
  private @Nullable Trap trap;

  /** What was thrown while the host worked for the guest. */
  private @Nullable Throwable thrown;

  TeamRun(InstanceState state, VcpuTeam team) {
    hypercalls = state.loaded.hypercalls();
    systemCalls = state.loaded.systemCalls();
    this.team = team;
  }

  /** Lets the processors run. The calling thread is that of the call. */
  void run() {
    systemCalls.begin(team);
    try {
      team.run(this);
    } finally {
      systemCalls.endOfTeam();
    }
  }

  /** Returns whether the current thread of the guest ends the call, or needs a decision. */
  boolean hasResult() {
    return hasResult;
  }

  /** Returns how the guest ended, if it did. */
  @Nullable Ending ending() {
    return ending;
  }

  /** Returns the trap of the current thread of the guest, if it has one. */
  @Nullable Trap trap() {
    return trap;
  }

  /** Returns what was thrown while the host worked for the guest. */
  @Nullable Throwable thrown() {
    return thrown;
  }

  @Override
  public boolean hasEvent() {
    return systemCalls.hasEvent();
  }

  @Override
  public void runOn(int processor) {
    Next last = Next.RESULT; // also of an exception
    try {
      last = runTasks(processor);
    } finally {
      systemCalls.leave(processor, last == Next.RESULT);
      team.stop();
    }
  }

  /** What a processor does next. */
  private enum Next {
    GO_ON,
    /** It ends, since others have decided so. */
    END,
    /** It ends, and the call ends with its thread of the guest. */
    RESULT
  }

  private Next runTasks(int processor) {
    Next next = host(() -> hypercalls.beginOn(processor));
    while (next == Next.GO_ON) {
      if (team.isStopping()) {
        return Next.END;
      }
      Context context = systemCalls.context();
      Trap stop;
      try {
        stop = context.run();
      } catch (StoppedException _) {
        systemCalls.select(processor);
        return Next.END;
      }
      systemCalls.select(processor);
      next =
          team.isStopping() || stop instanceof Trap.Stopped
              ? interrupted(context, stop)
              : after(context, stop);
    }
    return next;
  }

  /** A step of the host for the guest. It returns how the guest ended, if it did. */
  @FunctionalInterface
  private interface Step {
    @Nullable Ending take();
  }

  private Next host(Step step) {
    try {
      Ending ended = step.take();
      return ended == null ? Next.GO_ON : finish(ended, null, null);
    } catch (Error e) {
      throw e;
    } catch (Throwable e) { // checked ones, too: languages other than Java do not declare them
      return finish(null, null, e);
    }
  }

  private Next after(Context context, @Nullable Trap stop) {
    if (stop == null) {
      if (context.isCallDone()) {
        return finish(null, null, null);
      }
      return host(
          Hypercalls.isOwn(context)
              ? () -> team.<@Nullable Ending>atCaller(() -> hypercalls.answer(true))
              : () -> hypercalls.answer(true));
    }
    if (stop instanceof Trap.Preempted) {
      return host(hypercalls::preempted);
    }
    return stop instanceof Trap.ProcessorException exception && hypercalls.handle(exception)
        ? Next.GO_ON
        : finish(null, stop, null);
  }

  /** Sets the result, unless there is one. */
  private Next finish(@Nullable Ending ended, @Nullable Trap stop, @Nullable Throwable failure) {
    if (hasResult) {
      return Next.END;
    }
    hasResult = true;
    ending = ended;
    trap = stop;
    thrown = failure;
    return Next.RESULT;
  }

  /** Leaves a thread of the guest where it can go on. */
  private Next interrupted(Context context, @Nullable Trap stop) {
    if (stop instanceof Trap.ProcessorException) {
      Next next = after(context, stop);
      return next == Next.GO_ON ? Next.END : next;
    }
    if (stop == null && !context.isCallDone()) {
      context.park();
      context.resumeAt(context.registersAfterCall().callingAgain(context.callNumber()));
    }
    return Next.END;
  }
}
