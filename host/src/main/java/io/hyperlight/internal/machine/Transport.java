package io.hyperlight.internal.machine;

import io.hyperlight.internal.machine.arch.RegisterValues;

/**
 * Carries the messages of a context to the host, and the host's answers to the context. A message
 * is a system call, or says that a call is over. It has the registers that the guest would have at
 * a system call.
 *
 * <p>The default methods are those of a transport whose guest stands still between two runs, and
 * which leaves nothing in the memory of the guest.
 *
 * <p>Only one thread at a time may use it. All registers that it returns are hostile.
 */
sealed interface Transport extends AutoCloseable
    permits ExitTransport, ParkedTransport, SharedMemoryTransport {
  /** The result of a run. */
  enum Arrival {
    /** The vCPU stands at an exit that was not handled yet. */
    EXIT,
    /** The same, although the guest has left a message and had to wait for the answer. */
    EXIT_BESIDE_MESSAGE,
    /** There is a message, and the vCPU may run. */
    MESSAGE,
    /** The call has to end. The guest was stopped at any point, or was not entered. */
    STOPPED,
    /** Something else is to run. The guest was stopped at any point. */
    PREEMPTED,
    /** The hypervisor has failed: {@link VcpuRunner#failure}. */
    FAILED
  }

  /**
   * Begins a call with the next run.
   *
   * @param gate where it begins
   * @param frame the address of the call frame
   */
  void enter(long gate, long frame);

  /** Returns the number of the system call. It is hostile. */
  long callNumber();

  /** Returns an argument of the system call, or a result of the call that is over, from 0 on. */
  long argument(int index);

  /** Returns all general registers as of the last stop, as far as the message has them. */
  RegisterValues registers();

  /** Returns all general registers with which the guest would go on behind its system call. */
  RegisterValues registersAfterCall();

  /** Sets the answer to a system call. */
  void setAnswer(long result);

  /** Sets the other values of an answer. */
  void setMoreOfAnswer(long second, long third);

  /** Sends the answer with the next run. */
  void answer();

  /** Lets the guest run until something arrives. */
  Arrival run();

  /** Returns whether the message says that the call is over. */
  default boolean isCallDone() {
    return false;
  }

  /** Stops a guest that waits for the next call, or that does anything else meanwhile. */
  default void halt() {}

  /** Returns whether the vCPU runs although no caller waits for it. */
  default boolean isRunning() {
    return false;
  }

  /** Returns whether an error has made it unusable. */
  default boolean hasFailed() {
    return false;
  }

  /** Prepares the memory for freezing: in an image, messages arrive by exit. */
  default void beforeFreeze() {}

  /** Undoes {@link #beforeFreeze}, after the memory is frozen or that has failed. */
  default void afterFreeze() {}

  /** Resets the transport to its initial state, after the memory is restored. */
  default void restore() {}

  @Override
  default void close() {}
}
