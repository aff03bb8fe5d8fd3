package io.hyperlight.internal.hypervisor;

/**
 * A virtual CPU. Only one thread at a time may use it. It need not always be the same thread.
 *
 * <p>Its registers are a view, which the interface for the kind of processor adds. A value that is
 * read is the state of the last exit. A value that is set takes effect at the next {@link #run}
 * once it was committed. No method of the hot path ({@link #run}, {@link #isDoorbell}, the view)
 * allocates. Of these, only {@link #run} makes a system call.
 */
public interface VirtualCpu extends AutoCloseable {
  /**
   * Runs the guest until it exits. The exit is {@linkplain #isExitUnseen unseen} then, whatever its
   * kind.
   *
   * @return 0 when it exited, or an error number of the host: {@link
   *     io.hyperlight.internal.os.Errno#EINTR} if a signal ended the run
   */
  int run();

  /** Returns the exception for an error number that {@link #run} returned. */
  HypervisorCallException failedRun(int error);

  /**
   * Returns whether the host has not handled the last exit yet. The hypervisor may have an
   * instruction to finish then. It finishes it at the next {@link #run}, in the memory and
   * registers that it finds. The answer is true from the start of each run until {@link #exitSeen},
   * unless the hypervisor says that nothing is left to finish.
   */
  boolean isExitUnseen();

  /** Records that the host has handled the last exit. */
  void exitSeen();

  /**
   * Takes one step towards the end of the last exit's instruction. The guest does not run any
   * further.
   *
   * @return whether the instruction is complete; a repeated instruction may exit again instead
   */
  boolean completeExit();

  /**
   * Returns whether the last exit is exactly one access by which a guest calls the host: the
   * shortest write to a device.
   *
   * @param number of the device
   */
  boolean isDoorbell(int number);

  /**
   * Returns whether the guest stopped because the tracker has no room for another written page. See
   * {@link DirtyTracker#rearm}.
   */
  boolean isTrackerFull();

  /** Returns the last exit, decoded. */
  CpuExit exit();

  /** Removes a fault, or any other event, that the guest would receive when it runs next. */
  void takeBackPending();

  /** Returns the time-stamp counter of the guest's processor. */
  long timeStampCounter();

  /**
   * Sets the signals that are blocked while {@link #run} runs the guest, instead of the thread's
   * own mask. A pending signal that is not blocked ends the run. It stays pending if the thread
   * itself blocks it.
   *
   * @param blocked signal n is bit n - 1
   */
  void setSignalMask(long blocked);

  @Override
  void close();
}
