package io.hyperlight.internal.call;

import io.hyperlight.error.GuestLimitException;
import io.hyperlight.internal.abi.CallFrame;
import io.hyperlight.internal.call.Outcome.Ending;
import io.hyperlight.internal.hypervisor.HypervisorCallException;
import io.hyperlight.internal.linux.ThreadReport;
import io.hyperlight.internal.linux.limits.LimitPassedException;
import io.hyperlight.internal.machine.Call;
import io.hyperlight.internal.machine.Context;
import io.hyperlight.internal.machine.Stop;
import io.hyperlight.internal.machine.VcpuTeam;
import io.hyperlight.internal.machine.arch.FaultKind;
import io.hyperlight.internal.machine.arch.RegisterValues;
import io.hyperlight.internal.machine.arch.Trap;
import io.hyperlight.internal.machine.memory.GuestMemoryExhaustedException;
import io.hyperlight.internal.os.StoppedException;
import io.hyperlight.internal.os.SystemCallException;
import io.hyperlight.value.Limits;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Runs guest code until it stops, answers its requests meanwhile, and reports how it ended.
 *
 * <p>For the thread that has claimed the instance.
 */
final class GuestRun {
  private final InstanceState state;
  private final Call call;
  private final Limits limits;
  private final Outcome.Reporter reporter;

  GuestRun(InstanceState state, Call call, Limits limits, Outcome.Reporter reporter) {
    this.state = state;
    this.call = call;
    this.limits = limits;
    this.reporter = reporter;
  }

  /**
   * Writes the part of the call frame that is the same for all calls.
   *
   * @param windowNext where the free part of the window begins
   */
  void prepareFrame(long windowNext) {
    state.context().setFrameLong(CallFrame.WINDOW_NEXT, windowNext);
    state.context().setFrameLong(CallFrame.WINDOW_END, state.loaded.window().mappedEnd());
    state.context().setFrameLong(CallFrame.STATUS, 0);
    state.loaded.hypercalls().beginCall();
  }

  /**
   * Runs the guest until the call is done.
   *
   * @throws RuntimeException from the reporter, if the call ends in another way
   */
  void toEndOfCall() {
    Ending ending;
    try {
      ending = toStop();
    } catch (Error e) {
      // A host function, the output or the host itself threw it, so guest code was left in the
      // middle.
      state.unusableSince = new Outcome.HostError(e);
      throw e;
    }
    state.unusableSince = null;
    if (ending != null) {
      throw fail(ending);
    }
    if (state.context().frameLong(CallFrame.STATUS) != 0) {
      throw fail(guestError());
    }
  }

  private Ending guestError() {
    try {
      return new Outcome.GuestError(
          state
              .loaded
              .hypercalls()
              .readMessage(
                  state.context().frameLong(CallFrame.ERROR_ADDRESS),
                  state.context().frameLong(CallFrame.ERROR_LENGTH)));
    } catch (StoppedException _) {
      return stopped(state.context().location());
    }
  }

  /**
   * Runs the guest until a call is done or the guest reports that it is ready.
   *
   * @return null in these cases; otherwise how the guest ended
   */
  @Nullable Ending toStop() {
    try {
      while (true) {
        if (Thread.currentThread().isInterrupted()) {
          call.stop(Stop.THREAD_INTERRUPTED);
        }
        Trap trap = null;
        VcpuTeam team = couldShare() ? state.machine().team() : null;
        if (team == null) {
          trap = state.running().run();
        } else {
          TeamRun shared = new TeamRun(state, team);
          shared.run();
          if (!shared.hasResult()) {
            return stopped(state.running().location());
          } else if (shared.thrown() != null) {
            return ending(shared.thrown());
          } else if (shared.ending() != null) {
            return shared.ending();
          }
          trap = shared.trap();
        }
        Context context = state.running();
        if (trap instanceof Trap.Stopped stopped) {
          return stopped(stopped.registers());
        }
        if (trap != null) {
          Ending ending = afterTrap(trap);
          if (ending != null) {
            return ending;
          }
          continue;
        }
        if (context.isCallDone()) {
          return context == state.context()
              ? null
              : new Outcome.Violation("the end of a call by another thread", context.registers());
        }
        if (state.stage == InstanceState.Stage.STARTING && state.loaded.hypercalls().isReady()) {
          context.rest();
          return null;
        }
        Ending ending = answer();
        if (ending != null) {
          return ending;
        }
      }
    } catch (HypervisorCallException | SystemCallException e) {
      return new Outcome.HypervisorFailed(e);
    } catch (GuestMemoryExhaustedException e) {
      return new Outcome.LimitPassed(GuestLimitException.Kind.MEMORY, e.sizeBytes());
    } catch (StoppedException _) {
      return stopped(state.running().location());
    }
  }

  /** Returns whether several processors could run threads of the guest now. */
  private boolean couldShare() {
    return state.stage == InstanceState.Stage.LIVE && state.loaded.systemCalls().couldShare();
  }

  /** Returns null if the guest goes on after a trap; otherwise how it ended. */
  private @Nullable Ending afterTrap(Trap trap) {
    if (trap instanceof Trap.Preempted) {
      return preempted();
    }
    return isHandled(trap) ? null : new Outcome.Fault(trap, place(trap), threads(trap.registers()));
  }

  Outcome.Stopped stopped(RegisterValues registers) {
    Stop why = Objects.requireNonNull(call.stopped());
    long limitNanos =
        switch (why) {
          case TIMED_OUT -> call.timeoutNanos();
          case PROCESSOR_TIME_USED -> limits.cpuTimeNanos();
          case INTERRUPTED, THREAD_INTERRUPTED -> 0;
        };
    return new Outcome.Stopped(why, limitNanos, registers, threads(registers));
  }

  private List<ThreadReport> threads(RegisterValues current) {
    return state.loaded.systemCalls().threads(current);
  }

  /** Returns whether the guest has its own handler for the trap and continues there. */
  private boolean isHandled(Trap trap) {
    return trap instanceof Trap.ProcessorException exception
        && state.loaded.hypercalls().handle(exception);
  }

  private Outcome.Place place(Trap trap) {
    if (!(trap instanceof Trap.ProcessorException exception)
        || exception.kind() != FaultKind.MEMORY_ACCESS) {
      return Outcome.Place.ANYWHERE;
    }
    if (state.loaded.layout().isStackGuard(exception.address())) {
      return Outcome.Place.STACK_GUARD;
    }
    return state.loaded.hypercalls().isBehindFile(exception)
        ? Outcome.Place.BEHIND_FILE
        : Outcome.Place.ANYWHERE;
  }

  /**
   * Answers the system call at which the guest stopped.
   *
   * @return null if the guest goes on; otherwise how it ended
   */
  @Nullable Ending answer() {
    try {
      return state.loaded.hypercalls().answer(state.stage == InstanceState.Stage.LIVE);
    } catch (Throwable e) {
      return ending(e);
    }
  }

  /**
   * Lets a program go on that waited for input.
   *
   * @return as {@link #answer}
   */
  @Nullable Ending proceed() {
    try {
      return state.loaded.hypercalls().proceed();
    } catch (Throwable e) {
      return ending(e);
    }
  }

  /** Lets the threads of the guest go on after one was stopped for the others. */
  private @Nullable Ending preempted() {
    try {
      return state.loaded.hypercalls().preempted();
    } catch (Throwable e) {
      return ending(e);
    }
  }

  /** Returns how the guest ends because of what was thrown while the host worked for it. */
  private Ending ending(Throwable thrown) {
    return switch (thrown) {
      case HypervisorCallException e -> new Outcome.HypervisorFailed(e);
      case SystemCallException e -> new Outcome.HypervisorFailed(e);
      case LimitPassedException e -> new Outcome.LimitPassed(e.kind(), e.most());
      case Error e -> throw e;
      default ->
          call.stopped() != null
              ? stopped(state.running().location()) // the stop interrupted the thread
              // It does not come from a host function: the embedder's print stream or logger threw
              // it. It may be a checked one: languages other than Java do not declare them.
              : new Outcome.HostFunctionFailed("the sandbox's output", thrown);
    };
  }

  /**
   * Records how the guest ended.
   *
   * @return the exception that reports it
   */
  RuntimeException fail(Ending ending) {
    state.ended(ending);
    return reporter.exceptionFor(ending);
  }
}
