package io.hyperlight.internal.machine.arch;

import io.hyperlight.internal.machine.memory.AddressSpace;

/**
 * Makes a vCPU go on in user code. It sets up the registers of a vCPU that rests at an exit of the
 * monitor or the gate.
 */
public interface GuestEntry {
  /**
   * Makes it go on at an address. Every general register is written, so that no value of an earlier
   * call is left.
   *
   * @param frame the address of the call frame
   */
  void enter(long address, long frame);

  /** Records by which exit the guest has made the system call that is to be answered. */
  void leftBy(Exits.Kind kind);

  /** Sets the answer to the guest's last system call. */
  void setAnswer(long result);

  /** Sets the other values of the answer. */
  void setMoreOfAnswer(long second, long third);

  /** Makes it go on behind the guest's last system call. */
  void resume();

  /** Makes it go on behind the stub, after a system call that the guest did not make itself. */
  void resumeStub();

  /** Resets it to the state of an image, in which a system call was made through the stub. */
  void restore();

  /** Makes it go straight to the gate's exit. */
  void enterGateExit(long frame);

  /** Returns the address of a function that starts a program with a stack of its own. */
  long programStart();

  /** Sets whether the gate writes messages into the call frame, instead of leaving the guest. */
  void leaveMessages(AddressSpace space, boolean messages);
}
