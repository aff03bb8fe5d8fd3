package io.hyperlight.internal.machine;

import io.hyperlight.internal.os.Checkpoint;
import org.jspecify.annotations.Nullable;

/**
 * The calls that somebody makes into a VM, one after the other. There may be nobody yet: a probe
 * runs without, and cannot be stopped.
 */
final class CurrentCall implements Checkpoint {
  private @Nullable Call call;

  /** Says whose calls run from now on. */
  void set(Call next) {
    call = next;
  }

  /** Null if nobody can stop what runs. */
  @Nullable Call get() {
    return call;
  }

  @Override
  public void pass(long steps) {
    Call running = call;
    if (running != null) {
      running.pass(steps);
    }
  }

  /** Ends what runs, as the thread that waits for it was interrupted. */
  void callerInterrupted() {
    Call running = call;
    if (running != null) {
      running.stop(Stop.THREAD_INTERRUPTED);
    }
  }

  boolean goOutside() {
    Call running = call;
    return running == null || running.goOutside();
  }

  void comeBack() {
    Call running = call;
    if (running != null) {
      running.comeBack();
    }
  }

  /** Where the vCPU runs in the running call, in terms of the kernel; 0 if nobody calls. */
  int processorThread() {
    Call running = call;
    return running == null ? 0 : running.vcpuThread();
  }

  /** How long the running call has taken, in nanoseconds. */
  long elapsedNanos() {
    Call running = call;
    return running == null ? 0 : running.elapsedNanos();
  }
}
