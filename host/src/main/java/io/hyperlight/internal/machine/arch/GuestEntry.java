package io.hyperlight.internal.machine.arch;

import io.hyperlight.internal.machine.memory.AddressSpace;

/**
 * Sets up the registers of a vCPU that rests at an exit of the monitor or the gate, so that it goes
 * on in user code.
 */
public interface GuestEntry {
  /**
   * To an address. Every general register is written, so that nothing of an earlier call is left in
   * one.
   *
   * @param frame where the call frame is
   */
  void enter(long address, long frame);

  /** Says by which exit the guest has made the system call that is to be answered. */
  void leftBy(Exits.Kind kind);

  /** Says what the guest's last system call is answered with. */
  void setAnswer(long result);

  /** Says what more there is of an answer. */
  void setMoreOfAnswer(long second, long third);

  /** Behind the guest's last system call. */
  void resume();

  /** Behind the stub, whose system call was no affair of the guest's. */
  void resumeStub();

  /** A system call of the image would have been made through the stub. */
  void restore();

  /** Straight to the gate's exit. */
  void enterGateExit(long frame);

  /** A function to call that starts a program of its own. */
  long programStart();

  /** Says whether the gate is to leave messages in the call frame instead of the guest. */
  void leaveMessages(AddressSpace space, boolean messages);
}
