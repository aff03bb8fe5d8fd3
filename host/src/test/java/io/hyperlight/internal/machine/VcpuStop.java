package io.hyperlight.internal.machine;

import io.hyperlight.internal.os.HostThreads;
import io.hyperlight.testing.Await;

/** Says for tests in other packages what the vCPU of a sandbox without exits does. */
public final class VcpuStop {
  private VcpuStop() {}

  /** Returns whether the vCPU runs, on a thread of its own. */
  public static boolean isRunning(Vm machine) {
    return machine.context().isRunning();
  }

  /** Returns the processor time of the vCPU's own thread so far, in nanoseconds. */
  public static long processorNanos(Vm machine) {
    return HostThreads.processorNanos(machine.runner().ownThread().target().thread());
  }

  /**
   * Waits until the vCPU has stopped. It stops by itself, or the watchdog stops one that runs on
   * between calls. Returns at once if the vCPU has no thread of its own.
   */
  public static void await(Vm machine) throws InterruptedException {
    Await.until("the vCPU stops", () -> !machine.context().isRunning());
  }

  /**
   * Returns whether it stands at an exit that was not handled, and not where a signal stopped it.
   */
  public static boolean isAtExit(Vm machine) {
    return machine.processor().vcpu().isExitUnseen();
  }
}
