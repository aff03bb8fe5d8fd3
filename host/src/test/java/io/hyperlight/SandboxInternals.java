package io.hyperlight;

import io.hyperlight.error.ClosedException;
import io.hyperlight.internal.call.Instance;
import io.hyperlight.internal.pool.PoolBudget;

/** What tests in other packages need of the parts of this one that are not public. */
@SuppressWarnings("exports") // nobody but tests sees this
public final class SandboxInternals {
  private SandboxInternals() {}

  /** What runs in a sandbox. */
  public static Instance instanceOf(Sandbox sandbox) {
    return sandbox.instance();
  }

  /** What a program that serves runs in. */
  public static Instance instanceOf(ProgramServer server) {
    return server.instance();
  }

  /** Counts a pool's sandboxes in a budget other than the process's. */
  public static PoolBuilder<SandboxPool> withBudget(
      PoolBuilder<SandboxPool> builder, PoolBudget budget) {
    return builder.budget(budget);
  }

  /** An exception as the library throws it. */
  public static ClosedException closedException(String message) {
    return new ClosedException(ClosedException.Kind.SANDBOX, message);
  }
}
