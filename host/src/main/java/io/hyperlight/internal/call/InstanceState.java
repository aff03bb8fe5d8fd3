package io.hyperlight.internal.call;

import io.hyperlight.internal.call.Outcome.Ending;
import io.hyperlight.internal.machine.Context;
import io.hyperlight.internal.machine.Vm;
import org.jspecify.annotations.Nullable;

/**
 * What an instance consists of now, and what may be done with it. For the thread that has claimed
 * the instance.
 *
 * <p>The state is in fields, because some code that reads and writes it must not call methods:
 * there may be no room on the stack.
 */
final class InstanceState {
  /** How far an instance is in its life. */
  enum Stage {
    /** The program is in memory. Guest code may not call host functions. */
    LOADED,
    /** As before, but the program is starting and has not reported yet that it is ready. */
    STARTING,
    /** The instance can be called, or its program has been started. */
    LIVE,
    /** Everything is freed. */
    CLOSED
  }

  /** The state of an instance during a restore. It stays if an error ends the restore. */
  private static final Ending HALF_RESTORED =
      new Outcome.HypervisorFailed(
          new IllegalStateException("the sandbox was not restored to the end"));

  /**
   * The state of an instance while its guest runs. It stays if an error ends the run and there is
   * no room to record which.
   */
  private static final Ending CUT_SHORT =
      new Outcome.HypervisorFailed(
          new IllegalStateException("an error of the JVM ended a call in the middle"));

  LoadedProgram loaded;
  Stage stage;

  /** What left the guest's code in the middle; null if the instance is usable. */
  @Nullable Ending unusableSince;

  InstanceState(LoadedProgram loaded, Stage stage, @Nullable Ending unusableSince) {
    this.loaded = loaded;
    this.stage = stage;
    this.unusableSince = unusableSince;
  }

  Vm machine() {
    return loaded.machine();
  }

  Context context() {
    return loaded.context();
  }

  /** Returns the context of the thread that runs. A call begins and ends with {@link #context}. */
  Context running() {
    return loaded.systemCalls().context();
  }

  /** Records that the guest is about to run. If an error ends the run, only a restore helps. */
  void guestRuns() {
    unusableSince = CUT_SHORT;
  }

  /** Records that a restore is about to begin, which may fail in the middle. */
  void restoreBegins() {
    unusableSince = HALF_RESTORED;
  }

  /** Records how guest code has ended. If it was left in the middle, only a restore helps. */
  void ended(Ending ending) {
    if (ending.abandonsGuest()) {
      unusableSince = ending;
      running().halt();
    }
  }
}
