package io.hyperlight.internal.machine.x86;

import io.hyperlight.internal.abi.CallFrame;
import io.hyperlight.internal.hypervisor.x86.Register;
import io.hyperlight.internal.hypervisor.x86.X86VirtualCpu;
import io.hyperlight.internal.machine.arch.Exits;
import io.hyperlight.internal.machine.arch.GuestEntry;
import io.hyperlight.internal.machine.memory.AddressSpace;

/**
 * Makes a vCPU go on in user code. It sets up the registers of a vCPU that rests at an {@code out}
 * of the monitor or the gate. Calls and answers both go through the stub's return instruction, and
 * so to CPL 3.
 */
public final class X86GuestEntry implements GuestEntry {
  private final X86VirtualCpu vcpu;
  private final SystemCallEntry entry;
  private final X86ContextSwitch contexts;
  private final long systemCallStub;

  /** The {@code out} by which the guest made its last system call. */
  private long exit;

  /** Makes the entry of one vCPU. */
  X86GuestEntry(X86VirtualCpu vcpu, SystemCallEntry entry, X86ContextSwitch contexts) {
    this.vcpu = vcpu;
    this.contexts = contexts;
    this.entry = entry;
    systemCallStub = Monitor.systemCallStubAddress(entry);
    exit = systemCallStub;
  }

  @Override
  public void enter(long address, long frame) {
    vcpu.clearRegisters();
    vcpu.set(Register.RSP, frame + CallFrame.STACK_ARGUMENTS);
    vcpu.set(Register.RCX, address);
    vcpu.set(Register.R11, Flags.FIXED);
    if (contexts.isElsewhere()) {
      vcpu.set(Register.RFLAGS, Flags.FIXED);
      vcpu.set(Register.RIP, address);
      contexts.enter();
      return;
    }
    vcpu.set(Register.RFLAGS, Flags.INITIAL);
    vcpu.set(Register.RIP, systemCallStub + Monitor.OUT_LENGTH);
    vcpu.commitRegisters();
  }

  /** Returns the {@code out} by which the guest made its last system call. */
  long exit() {
    return exit;
  }

  void setExit(long out) {
    exit = out;
  }

  @Override
  public void leftBy(Exits.Kind kind) {
    contexts.arrive();
    exit = kind == Exits.Kind.HOST_CALL ? Gate.HOST_CALL_EXIT : systemCallStub;
  }

  @Override
  public void setAnswer(long result) {
    vcpu.set(CallRegisters.NUMBER, result);
  }

  @Override
  public void setMoreOfAnswer(long second, long third) {
    vcpu.set(CallRegisters.SECOND_RESULT, second);
    vcpu.set(CallRegisters.THIRD_RESULT, third);
  }

  @Override
  public void resume() {
    resume(exit);
  }

  @Override
  public void resumeStub() {
    resume(systemCallStub);
  }

  private void resume(long out) {
    if (contexts.isElsewhere()) {
      boolean isGates = out == Gate.HOST_CALL_EXIT;
      vcpu.set(Register.RIP, isGates ? out + Monitor.OUT_LENGTH : vcpu.get(Register.RCX));
      if (!isGates) {
        vcpu.set(Register.RFLAGS, vcpu.get(Register.R11));
      }
      contexts.enter();
      return;
    }
    vcpu.set(Register.RIP, out + Monitor.OUT_LENGTH);
    vcpu.set(Register.R11, Flags.ofUser(vcpu.get(Register.R11)));
    if (entry == SystemCallEntry.USER) {
      vcpu.set(Register.RFLAGS, Flags.ofUser(vcpu.get(Register.RFLAGS)));
    }
    vcpu.commitRegisters();
  }

  @Override
  public void restore() {
    exit = systemCallStub;
  }

  @Override
  public void enterGateExit(long frame) {
    enter(Gate.DONE_EXIT, frame);
  }

  @Override
  public long programStart() {
    return Gate.START;
  }

  @Override
  public void leaveMessages(AddressSpace space, boolean messages) {
    Gate.setExitless(space, messages);
  }
}
