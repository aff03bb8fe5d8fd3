package io.hyperlight.internal.machine;

import io.hyperlight.internal.os.Checkpoint;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * The object for the calls into a VM, once there is one. A probe runs without it, and cannot be
 * stopped.
 */
final class CurrentCall implements Checkpoint {
  private @Nullable Call call;

  /** Reaches the thread of the call, while other threads work for the call. */
  private volatile @Nullable CallerAccess access;

  /** Sets the object for the calls that run from now on. */
  void set(Call next) {
    call = next;
  }

  /** Returns it, or null if the running code cannot be stopped. */
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

  void useAccess(@Nullable CallerAccess now) {
    access = now;
  }

  /** Returns whether the calling thread is not that of the call, but works for it. */
  boolean isElsewhere() {
    CallerAccess now = access;
    return now != null && now.isMember();
  }

  /** See {@link CallerAccess#atCaller}. The caller {@link #isElsewhere}. */
  <T extends @Nullable Object> T atCaller(Callable<T> work) {
    return Objects.requireNonNull(access).atCaller(work);
  }

  /** Ends the running call, since the thread that waits for it was interrupted. */
  void callerInterrupted() {
    Call running = call;
    if (running != null) {
      running.stop(Stop.THREAD_INTERRUPTED);
    }
  }

  void preemptAt(long time) {
    Call running = call;
    if (running != null) {
      running.preemptAt(time);
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

  /**
   * Returns the kernel's number of the thread that runs the vCPU in the running call, or 0 without
   * a call.
   */
  int processorThread() {
    Call running = call;
    return running == null ? 0 : running.vcpuThread();
  }

  /** Returns how much processor time further vCPUs have used for the running call. */
  long furtherNanos() {
    Call running = call;
    return running == null ? 0 : running.furtherNanos();
  }

  /** Returns how long the running call has taken, in nanoseconds. */
  long elapsedNanos() {
    Call running = call;
    return running == null ? 0 : running.elapsedNanos();
  }
}
