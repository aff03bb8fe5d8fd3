package io.hyperlight;

import io.hyperlight.error.ClosedException;
import io.hyperlight.internal.call.Instance;
import io.hyperlight.internal.linux.task.TurnOrder;
import io.hyperlight.internal.pool.PoolBudget;

/** Gives tests in other packages access to non-public parts of this one. */
@SuppressWarnings("exports") // only tests see this
public final class SandboxInternals {
  private SandboxInternals() {}

  /** Returns the instance of a sandbox. */
  public static Instance instanceOf(Sandbox sandbox) {
    return sandbox.instance();
  }

  /** Returns the instance of a served program. */
  public static Instance instanceOf(ProgramServer server) {
    return server.instance();
  }

  /** Makes the threads of a program take turns as a seed chooses. */
  public static Program interleaved(Program program, long seed) {
    return program.turns(TurnOrder.Choice.seeded(seed));
  }

  /** Makes the threads of a sandbox take turns as a seed chooses. */
  public static Sandbox.Builder interleaved(Sandbox.Builder builder, long seed) {
    return builder.turns(TurnOrder.Choice.seeded(seed));
  }

  /** Stops the threads of a sandbox often, at any instruction. */
  public static Sandbox.Builder hasty(Sandbox.Builder builder, long seed) {
    return builder.turns(TurnOrder.Choice.hasty(seed));
  }

  /** Stops the threads of a program often, at any instruction. */
  public static Program hasty(Program program, long seed) {
    return program.turns(TurnOrder.Choice.hasty(seed));
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
