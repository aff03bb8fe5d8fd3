package io.hyperlight.internal.hypervisor;

/**
 * A virtual CPU. For one thread at a time, which need not always be the same.
 *
 * <p>Its registers are a view, which the interface of the processor's kind adds: what is set there
 * takes effect at the next {@link #run} once it was committed, what is read is the state of the
 * last exit. No method of the hot path ({@link #run}, {@link #isDoorbell}, the view) allocates, and
 * only {@link #run} makes a system call.
 */
public interface VirtualCpu extends AutoCloseable {
  /**
   * Runs the guest until it exits. Whatever the exit is, it is {@linkplain #isExitUnseen unseen}
   * then.
   *
   * @return 0 when it did, or an error number of the host's: {@link
   *     io.hyperlight.internal.os.Errno#EINTR} if a signal has ended it
   */
  int run();

  /** The exception for an error number that {@link #run} returned. */
  HypervisorCallException failedRun(int error);

  /**
   * Whether the CPU stands at an exit that nobody has looked at: the hypervisor may have an
   * instruction to finish then, at the next {@link #run}, in whatever memory and registers there
   * are. It is so from the start of every run until {@link #exitSeen}, unless the hypervisor says
   * that nothing is left to finish.
   */
  boolean isExitUnseen();

  /** Says that somebody has looked at the last exit, and done what it needs. */
  void exitSeen();

  /**
   * Takes one step towards the end of the last exit's instruction, without running the guest any
   * further.
   *
   * @return whether it is complete; a repeated instruction may exit again instead
   */
  boolean completeExit();

  /**
   * Whether the last exit is exactly one access by which a guest calls the host: the shortest write
   * to a device.
   *
   * @param number which device
   */
  boolean isDoorbell(int number);

  /**
   * Whether the guest has not run on because there is no room for another written page: see {@link
   * DirtyTracker#rearm}.
   */
  boolean isTrackerFull();

  /** The last exit, decoded. */
  CpuExit exit();

  /**
   * Takes back a fault, or anything else, that is to be delivered to the guest when it runs next.
   */
  void takeBackPending();

  /** The counter of the guest's processor that tells time. */
  long timeStampCounter();

  /**
   * The signals that are blocked while {@link #run} runs the guest, instead of the thread's own.
   * One that is pending and not among them ends it, and stays pending if the thread itself blocks
   * it.
   *
   * @param blocked signal n is bit n - 1
   */
  void setSignalMask(long blocked);

  @Override
  void close();
}
