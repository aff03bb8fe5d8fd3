package io.hyperlight.internal.linux;

import io.hyperlight.internal.linux.task.Processors;
import io.hyperlight.internal.linux.task.Task;
import io.hyperlight.internal.restore.RestoreOrder;

/** Gives tests in other packages access to a guest's internal state. */
public final class SystemCallParts {
  private SystemCallParts() {}

  /** Returns the parts of the state in the order in which they are restored. */
  public static RestoreOrder<?, ?> restoreOrder() {
    return SystemCalls.RESTORE_ORDER;
  }

  /** Describes the host's record of mapped objects and of the auxiliary vector. */
  public static String of(SystemCalls calls) {
    try (LinuxState state = calls.state()) {
      return "mapped objects: %s, auxiliary vector: %d"
          .formatted(!state.mappings().isInitial(), state.process().auxiliary());
    }
  }

  /** Returns how many tasks ran when several processors were stopped last. */
  public static int stoppedTogether(SystemCalls calls) {
    Processors<Task> processors = calls.process().world().scheduler().processors();
    return Math.toIntExact(
        calls.process().tasks().all().stream().filter(task -> processors.wasStopped(task)).count());
  }

  /** Moves the recorded auxiliary vector, as a guest cannot. */
  public static void moveAuxiliaryVector(SystemCalls calls) {
    calls.process().program().setAuxiliary(4096);
  }
}
