package io.hyperlight.internal.machine;

import io.hyperlight.internal.os.Durations;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Knows where a vCPU runs, for threads that make it leave its guest. It runs on the thread of a
 * call, on one that runs vCPUs for virtual threads, or on a thread of its own.
 *
 * <p>The thread that runs a call sets where the vCPU runs. Any thread may kick.
 */
class VcpuKicker {
  /**
   * The thread's number in the kernel. It is written before the word of the call says that the
   * guest runs, and read after that.
   */
  private int thread;

  /** A run that waits for a thread to run the vCPU. */
  private volatile VcpuThreads.@Nullable Run queued;

  private final @Nullable VcpuThread ownThread;

  private volatile @Nullable LongUnaryOperator further;

  /**
   * Makes the kicker of one vCPU.
   *
   * @param ownThread the thread that only this vCPU has; null if it runs on the threads of its
   *     calls
   */
  VcpuKicker(@Nullable VcpuThread ownThread) {
    this.ownThread = ownThread;
  }

  /** Records that the vCPU runs on this thread from now on; 0 for none. */
  void runsOn(int thread) {
    this.thread = thread;
  }

  /** Returns the thread that ran the vCPU last in the running call; 0 if none has. */
  int thread() {
    return thread;
  }

  /** Sets the run that waits for a thread to run the vCPU. It is null if none waits any more. */
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

  /** Hands over once more a run that waits for a thread. */
  void lookAtQueued() {
    VcpuThreads.Run waiting = queued;
    if (waiting != null) {
      waiting.look();
    }
  }

  /**
   * Makes a guest leave that a call runs. If the kernel has no room for the signal, the caller has
   * to try again.
   */
  void kick() {
    KickSignal.send(thread);
  }

  /**
   * Preempts guests whose turn is over, on further vCPUs.
   *
   * @param time of the clock {@link System#nanoTime}
   * @return how long until the next turn is over, in nanoseconds
   */
  long preempt(long time) {
    return Durations.UNLIMITED_NANOS;
  }

  /**
   * Returns how much processor time further vCPUs have used for a call, in nanoseconds.
   *
   * @param call its number
   */
  long furtherNanos(long call) {
    LongUnaryOperator used = further;
    return used == null ? 0 : used.applyAsLong(call);
  }

  /** Sets what returns the processor time that further vCPUs have used for a call. */
  void useFurther(LongUnaryOperator used) {
    further = used;
  }

  /** Makes the guest leave that runs on the vCPU's own thread, if there is one. */
  void kickOwnThread() {
    VcpuThread own = ownThread;
    if (own != null) {
      own.kick();
    }
  }

  /** Returns whether the vCPU runs on a thread of its own at the moment. */
  boolean isRunningByItself() {
    VcpuThread own = ownThread;
    return own != null && own.isRunning();
  }
}
