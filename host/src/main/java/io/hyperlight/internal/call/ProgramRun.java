package io.hyperlight.internal.call;

import io.hyperlight.internal.call.Outcome.Ending;
import io.hyperlight.internal.machine.Context;
import org.jspecify.annotations.Nullable;

/** Runs a whole program: from its start, and then for each request that it waits for. */
final class ProgramRun {
  private final InstanceState state;
  private final FunctionCall calls;
  private final GuestRun run;

  ProgramRun(InstanceState state, FunctionCall calls, GuestRun run) {
    this.state = state;
    this.calls = calls;
    this.run = run;
  }

  /**
   * Runs a whole program from its start until it ends, or asks for input that is not available yet.
   *
   * @param timeoutNanos the time limit; 0 for the instance's limit
   * @return how it stopped; {@link Outcome.WaitingForInput} if it can {@linkplain #proceed go on}
   * @throws RuntimeException from the reporter, if the instance is in use, closed or unusable, or
   *     the program has already been started
   */
  Ending start(long timeoutNanos) {
    calls.begin(timeoutNanos);
    try {
      if (state.stage != InstanceState.Stage.LOADED) {
        throw new IllegalStateException("no program waits for this");
      }
      state.stage = InstanceState.Stage.LIVE;
      run.prepareFrame(0); // the program has no window
      state.guestRuns();
      state.context().enterProgram(state.loaded.entry(), state.loaded.stackPointer());
      return programEnding(run.toStop());
    } catch (Error e) {
      state.unusableSince = new Outcome.HostError(e);
      throw e;
    } finally {
      calls.end();
    }
  }

  /**
   * Continues a whole program that waited for input, until it ends or waits again.
   *
   * @param request the input
   * @param timeoutNanos the time limit; 0 for the instance's limit
   * @return how it stopped, as for {@link #start}, and what it wrote to its standard output
   * @throws RuntimeException from the reporter, if the instance is in use, closed or unusable
   * @throws IllegalStateException if the instance has no program that waits
   */
  ProgramAnswer proceed(byte[] request, long timeoutNanos) {
    calls.begin(timeoutNanos);
    try {
      if (state.running().state() != Context.State.WAITING) {
        throw new IllegalStateException("no program waits for this");
      }
      RequestStream requestStream = state.loaded.requestStream();
      requestStream.begin(request); // may fail: the guest has not run
      return proceed(requestStream);
    } finally {
      calls.end();
    }
  }

  private ProgramAnswer proceed(RequestStream requestStream) {
    try {
      state.guestRuns();
      state.loaded.hypercalls().beginCall();
      state.loaded.systemCalls().beginRequest();
      Ending ending = run.proceed();
      ending = programEnding(ending == null ? run.toStop() : ending);
      return new ProgramAnswer(ending, requestStream.end());
    } catch (Error e) {
      state.unusableSince = new Outcome.HostError(e);
      throw e;
    }
  }

  private Ending programEnding(@Nullable Ending stop) {
    Ending ending =
        stop == null
            ? new Outcome.Violation("a jump into the gate", state.running().registers())
            : stop;
    if (ending instanceof Outcome.WaitingForInput) {
      state.running().waitForInput();
    }
    state.unusableSince = null;
    state.ended(ending);
    return ending;
  }
}
