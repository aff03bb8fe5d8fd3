package io.hyperlight.internal.machine;

import io.hyperlight.internal.machine.arch.RegisterValues;

/**
 * How the messages of a context reach the host, and the host's answers the context. A message is
 * that a call is over, or a system call; it has the registers that the guest would have at one.
 *
 * <p>For one thread at a time. All registers that come from here are hostile.
 */
sealed interface Transport extends AutoCloseable permits ExitTransport, SharedMemoryTransport {
  /** What has come of a run. */
  enum Arrival {
    /** The vCPU stands at an exit, which nobody has looked at yet. */
    EXIT,
    /** Likewise, although the guest has left a message and had to wait for the answer. */
    EXIT_BESIDE_MESSAGE,
    /** There is a message, and the vCPU may run. */
    MESSAGE,
    /** The call is to end. The guest was stopped anywhere, or has not been entered. */
    STOPPED,
    /** The hypervisor has failed: {@link VcpuRunner#failure}. */
    FAILED
  }

  /**
   * A call begins, with the next run.
   *
   * @param gate where it begins
   * @param frame where the call frame is
   */
  void enter(long gate, long frame);

  /** The number of the system call; hostile. */
  long callNumber();

  /** An argument of the system call, or a result of the call that is over, from 0 on. */
  long argument(int index);

  /** All general registers as of the last stop, as far as the message has them. */
  RegisterValues registers();

  /** All general registers with which the guest would go on behind its system call. */
  RegisterValues registersAfterCall();

  /** Sets the answer to a system call. */
  void setAnswer(long result);

  /** Sets what more there is of an answer. */
  void setMoreOfAnswer(long second, long third);

  /** Gives the answer, with the next run. */
  void answer();

  /** Lets the guest run until something arrives. */
  Arrival run();

  /** Whether the message is that the call is over. */
  boolean isCallDone();

  /** Stops a guest that waits for the next call, or does whatever it does meanwhile. */
  void halt();

  /** Whether the vCPU runs although nobody waits for it. */
  boolean isRunning();

  /** Whether an error has left it of no use for good. */
  boolean hasFailed();

  /** The memory is about to be frozen: in it, messages arrive by exit. */
  void beforeFreeze();

  /** The memory is frozen, or that has failed. */
  void afterFreeze();

  /** All is as in the beginning, after the memory is. */
  void restore();

  @Override
  void close();
}
