package io.hyperlight.internal.machine;

import org.jspecify.annotations.Nullable;

/**
 * Where a vCPU runs, for those who make it leave its guest: on the thread of a call, on one that
 * runs vCPUs for virtual threads, or on a thread that only this vCPU has.
 *
 * <p>The thread that runs a call says where the vCPU runs. Any thread may kick.
 */
final class VcpuKicker {
  /**
   * In terms of the kernel. Written before the word of the call says that the guest runs, and read
   * after it.
   */
  private int thread;

  /** A run that waits for a thread to run the vCPU. */
  private volatile VcpuThreads.@Nullable Run queued;

  private final @Nullable VcpuThread ownThread;

  /**
   * For one vCPU.
   *
   * @param ownThread the thread that only this vCPU has; null if it runs on the threads of its
   *     calls
   */
  VcpuKicker(@Nullable VcpuThread ownThread) {
    this.ownThread = ownThread;
  }

  /** Says that the vCPU runs on this thread from now on. */
  void runsOn(int thread) {
    this.thread = thread;
  }

  /** Where the vCPU has run last in the running call. */
  int thread() {
    return thread;
  }

  /** Says that the call waits for a thread to run the vCPU; null if it does so no more. */
  void setQueued(VcpuThreads.@Nullable Run run) {
    queued = run;
  }

  /** Ends a run that waits for a thread. */
  void stopQueued() {
    VcpuThreads.Run waiting = queued;
    if (waiting != null) {
      waiting.stop();
    }
  }

  /** Has a run handed over once more that has been waiting for a thread. */
  void lookAtQueued() {
    VcpuThreads.Run waiting = queued;
    if (waiting != null) {
      waiting.look();
    }
  }

  /**
   * Makes a guest leave that a call runs. If the kernel has no room, somebody has to come again.
   */
  void kick() {
    KickSignal.send(thread);
  }

  /** Makes the guest leave that runs on the vCPU's own thread, if there is one. */
  void kickOwnThread() {
    VcpuThread own = ownThread;
    if (own != null) {
      own.kick();
    }
  }

  /** Whether the vCPU runs on a thread of its own at the moment. */
  boolean isRunningByItself() {
    VcpuThread own = ownThread;
    return own != null && own.isRunning();
  }
}
