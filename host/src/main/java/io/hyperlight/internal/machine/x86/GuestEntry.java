package io.hyperlight.internal.machine.x86;

import io.hyperlight.internal.abi.CallFrame;
import io.hyperlight.internal.hypervisor.x86.Register;
import io.hyperlight.internal.hypervisor.x86.X86VirtualCpu;

/**
 * Sets up the registers of a vCPU that rests at an {@code out} of the monitor or the gate, so that
 * it goes on in user code. Both ways lead through the stub's return instruction, and so to CPL 3.
 */
public final class GuestEntry {
  private final X86VirtualCpu vcpu;
  private final SystemCallEntry entry;
  private final long systemCallStub;

  /** The {@code out} by which the guest made its last system call. */
  private long exit;

  /** For one vCPU. */
  public GuestEntry(X86VirtualCpu vcpu, SystemCallEntry entry) {
    this.vcpu = vcpu;
    this.entry = entry;
    systemCallStub = Monitor.systemCallStubAddress(entry);
    exit = systemCallStub;
  }

  /**
   * To an address. Every general register is written, so that nothing of an earlier call is left in
   * one.
   *
   * @param frame where the call frame is
   */
  public void enter(long address, long frame) {
    vcpu.clearRegisters();
    vcpu.set(Register.RSP, frame + CallFrame.STACK_ARGUMENTS);
    vcpu.set(Register.RCX, address);
    vcpu.set(Register.R11, Flags.FIXED);
    vcpu.set(Register.RFLAGS, Flags.INITIAL);
    vcpu.set(Register.RIP, systemCallStub + Monitor.OUT_LENGTH);
    vcpu.commitRegisters();
  }

  /** Says by which exit the guest has made the system call that is to be answered. */
  public void leftBy(Exits.Kind kind) {
    exit = kind == Exits.Kind.HOST_CALL ? Gate.HOST_CALL_EXIT : systemCallStub;
  }

  /** Says what the guest's last system call is answered with. */
  public void setAnswer(long result) {
    vcpu.set(CallRegisters.NUMBER, result);
  }

  /** Says what more there is of an answer. */
  public void setMoreOfAnswer(long second, long third) {
    vcpu.set(CallRegisters.SECOND_RESULT, second);
    vcpu.set(CallRegisters.THIRD_RESULT, third);
  }

  /** Behind the guest's last system call. */
  public void resume() {
    resume(exit);
  }

  /** Behind the stub, whose system call was no affair of the guest's. */
  public void resumeStub() {
    resume(systemCallStub);
  }

  private void resume(long out) {
    vcpu.set(Register.RIP, out + Monitor.OUT_LENGTH);
    vcpu.set(Register.R11, Flags.ofUser(vcpu.get(Register.R11)));
    if (entry == SystemCallEntry.USER) {
      vcpu.set(Register.RFLAGS, Flags.ofUser(vcpu.get(Register.RFLAGS)));
    }
    vcpu.commitRegisters();
  }

  /** A system call of the image would have been made through the stub. */
  public void restore() {
    exit = systemCallStub;
  }
}
