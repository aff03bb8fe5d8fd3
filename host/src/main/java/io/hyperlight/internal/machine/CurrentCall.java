package io.hyperlight.internal.machine;

import io.hyperlight.internal.os.Checkpoint;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * The call for which the contexts of a VM run, as the host's work for the guest sees it. It is also
 * the checkpoint of that work. A probe runs without a call, and cannot be stopped.
 *
 * <p>The thread of the call and those that run further vCPUs use it, one at a time.
 */
public final class CurrentCall implements Checkpoint {
  /** The object for the calls into the VM, once there is one. */
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

  /**
   * Returns whether the calling thread works for the call but is not the thread of it, on which the
   * embedder's code runs.
   */
  public boolean isAwayFromCaller() {
    CallerAccess now = access;
    return now != null && now.isMember();
  }

  /**
   * Lets the thread of the call do something, and waits for it. The caller {@linkplain
   * #isAwayFromCaller is another thread}.
   *
   * @return what the work returns; what it throws is thrown unchanged
   */
  public <T extends @Nullable Object> T atCaller(Callable<T> work) {
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

  /**
   * Says that the thread of the call enters the embedder's code, or sleeps. It may be interrupted
   * there. {@link #comeBack} has to follow if this returns true.
   *
   * @return false if the call has to end instead
   */
  public boolean goOutside() {
    Call running = call;
    return running == null || running.goOutside();
  }

  public void comeBack() {
    Call running = call;
    if (running != null) {
      running.comeBack();
    }
  }

  /**
   * Returns the kernel's number of the thread that runs the vCPU in the running call, or 0 if none
   * has.
   */
  public int processorThread() {
    Call running = call;
    return running == null ? 0 : running.vcpuThread();
  }

  /**
   * Returns how much processor time threads of further vCPUs have used for the running call, in
   * nanoseconds.
   */
  public long furtherProcessorNanos() {
    Call running = call;
    return running == null ? 0 : running.furtherNanos();
  }

  /** Returns how long the running call has taken, in nanoseconds. */
  public long elapsedNanos() {
    Call running = call;
    return running == null ? 0 : running.elapsedNanos();
  }
}
