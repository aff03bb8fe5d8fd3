package io.hyperlight.internal.call;

import io.hyperlight.internal.call.Outcome.Ending;
import io.hyperlight.internal.machine.Context;
import io.hyperlight.internal.machine.Vm;
import org.jspecify.annotations.Nullable;

/**
 * What is behind an instance now, and what may be done with it. For the thread that has claimed the
 * instance.
 *
 * <p>Fields, because some of what reads and writes them must not call anything: there may be no
 * room on the stack.
 */
final class InstanceState {
  /** How far an instance has come. */
  enum Stage {
    /** Its program is in memory. No code of the guest may call the host's functions. */
    LOADED,
    /** Likewise, and its program starts, and has not said yet that it is ready. */
    STARTING,
    /** It can be called, or its program has been started. */
    LIVE,
    /** It has nothing any more. */
    CLOSED
  }

  /** What an instance is while it is being restored, and stays if an error ends that. */
  private static final Ending HALF_RESTORED =
      new Outcome.HypervisorFailed(
          new IllegalStateException("the sandbox was not restored to the end"));

  /**
   * What an instance is while its guest runs, and stays if an error ends that where there is no
   * room to note which.
   */
  private static final Ending CUT_SHORT =
      new Outcome.HypervisorFailed(
          new IllegalStateException("an error of the JVM ended a call in the middle"));

  LoadedProgram loaded;
  Stage stage;

  /** What has left the guest's code in the middle; null if it can be used. */
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

  /** The guest is about to run. If an error ends that, nothing but a restore helps. */
  void guestRuns() {
    unusableSince = CUT_SHORT;
  }

  /** A restore is about to begin, and may fail in the middle. */
  void restoreBegins() {
    unusableSince = HALF_RESTORED;
  }

  /** Notes how guest code has ended. If it was left in the middle, nothing but a restore helps. */
  void ended(Ending ending) {
    if (ending.abandonsGuest()) {
      unusableSince = ending;
      context().halt();
    }
  }
}
