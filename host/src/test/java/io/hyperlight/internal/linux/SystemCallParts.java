package io.hyperlight.internal.linux;

import io.hyperlight.internal.restore.RestoreOrder;

/** For tests in other packages: what of a guest's state nobody can see from outside. */
public final class SystemCallParts {
  private SystemCallParts() {}

  /** The parts of what system calls know, in the order in which they are restored. */
  public static RestoreOrder<?, ?> restoreOrder() {
    return SystemCalls.RESTORE_ORDER;
  }

  /** What the host knows of the objects that are mapped, and of the auxiliary vector. */
  public static String of(SystemCalls calls) {
    try (LinuxState state = calls.state()) {
      return "mapped objects: %s, auxiliary vector: %d"
          .formatted(!state.mappings().isInitial(), state.process().auxiliary());
    }
  }

  /** Says that the auxiliary vector is elsewhere, as a guest cannot. */
  public static void moveAuxiliaryVector(SystemCalls calls) {
    calls.process().program().setAuxiliary(4096);
  }
}
