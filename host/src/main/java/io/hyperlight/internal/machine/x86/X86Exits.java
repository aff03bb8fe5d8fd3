package io.hyperlight.internal.machine.x86;

import io.hyperlight.internal.abi.Hypercall;
import io.hyperlight.internal.hypervisor.CpuExit;
import io.hyperlight.internal.hypervisor.x86.Register;
import io.hyperlight.internal.hypervisor.x86.X86VirtualCpu;
import io.hyperlight.internal.machine.arch.Exits;
import io.hyperlight.internal.machine.arch.RegisterValues;
import io.hyperlight.internal.machine.arch.Trap;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.GuestAddressException;
import io.hyperlight.internal.machine.memory.PhysicalMemory;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Says what the last exit of a vCPU means.
 *
 * <p><b>Boundary.</b> Everything that a guest can do ends in an exit, and any register may have any
 * value. So nothing here trusts a register that user code can set, unless RIP shows that the
 * monitor's or the gate's own code left the guest.
 *
 * <p>The vCPU must not run meanwhile.
 */
public final class X86Exits implements Exits {

  private static final int MAX_COMPLETION_STEPS = 16;

  private final X86VirtualCpu vcpu;
  private final SystemCallEntry entry;
  private final long systemCallStub;
  private final PhysicalMemory memory;
  private final long stackEnd;
  private long exceptionStackTop;

  /**
   * Makes the exits of one vCPU.
   *
   * @param exceptionStackTop the guest-physical address
   */
  public X86Exits(
      X86VirtualCpu vcpu, SystemCallEntry entry, PhysicalMemory memory, long exceptionStackTop) {
    this(vcpu, entry, memory, exceptionStackTop, Monitor.STACK_TOP);
  }

  /** Does the same for a vCPU whose exception stack ends elsewhere for the guest, too. */
  X86Exits(
      X86VirtualCpu vcpu,
      SystemCallEntry entry,
      PhysicalMemory memory,
      long exceptionStackTop,
      long stackEnd) {
    this.stackEnd = stackEnd;
    this.vcpu = vcpu;
    this.entry = entry;
    this.memory = memory;
    this.exceptionStackTop = exceptionStackTop;
    systemCallStub = Monitor.systemCallStubAddress(entry);
  }

  /** Sets where the exception stack ends in guest-physical memory. */
  void useStack(long top) {
    exceptionStackTop = top;
  }

  @Override
  public Kind kind() {
    if (!vcpu.isDoorbell(Monitor.SYSTEM_CALL_PORT)) {
      return vcpu.isTrackerFull() ? Kind.DIRTY_RING_FULL : Kind.OTHER;
    }
    return entry == SystemCallEntry.SUPERVISOR ? kindOfSupervisorOut() : kindOfUserOut();
  }

  /** Handles a stub on a supervisor page: RIP in the stub means CPL 0. */
  private Kind kindOfSupervisorOut() {
    if (!isBeforeOrBehindOut(systemCallStub)) {
      return Kind.OTHER;
    }
    return vcpu.get(Register.RAX) == Hypercall.DONE && vcpu.get(Register.RCX) == Gate.DONE_RETURN
        ? Kind.CALL_DONE
        : kindOfSystemCall();
  }

  /**
   * Handles a stub and gate's exits on user pages. The vCPU must be in 64-bit user code, since the
   * code that follows runs in the same mode.
   */
  private Kind kindOfUserOut() {
    if (vcpu.codeSegmentSelector() != Monitor.USER_CODE) {
      return Kind.OTHER;
    }
    if (isBeforeOrBehindOut(Gate.DONE_RETURN - Monitor.OUT_LENGTH)
        && vcpu.get(Register.RAX) == Hypercall.DONE) {
      return Kind.CALL_DONE;
    }
    if (isBeforeOrBehindOut(Gate.HOST_CALL_EXIT) && vcpu.get(Register.RAX) == Hypercall.HOST) {
      return Kind.HOST_CALL;
    }
    return isBeforeOrBehindOut(systemCallStub) ? kindOfSystemCall() : Kind.OTHER;
  }

  /** If user code may use the port, a jump can reach the stub, too, with any RCX. */
  private Kind kindOfSystemCall() {
    return AddressSpace.isUserAddress(vcpu.get(Register.RCX))
        ? Kind.SYSTEM_CALL
        : Kind.BAD_RETURN_ADDRESS;
  }

  @Override
  public boolean isRest() {
    return kind() == Kind.SYSTEM_CALL
        && vcpu.get(Register.RAX) == Hypercall.REST
        && !isSingleStep();
  }

  @Override
  public boolean isSingleStep() {
    return (vcpu.get(Register.RFLAGS) & Flags.TRAP) != 0;
  }

  /** A KVM leaves RIP at either side of the instruction. */
  private boolean isBeforeOrBehindOut(long out) {
    long rip = vcpu.get(Register.RIP);
    return rip == out || rip == out + Monitor.OUT_LENGTH;
  }

  @Override
  public boolean complete() {
    if (!(vcpu.exit() instanceof CpuExit.DeviceAccess)) {
      return false;
    }
    for (int step = 0; step < MAX_COMPLETION_STEPS; step++) {
      if (vcpu.completeExit()) {
        return true;
      }
    }
    return false;
  }

  @Override
  public Trap badReturnAddress() {
    return new Trap.BadReturnAddress(vcpu.get(Register.RCX), registers());
  }

  @Override
  public Trap trap() {
    CpuExit exit = vcpu.exit();
    X86Registers registers = registers();
    if (exit instanceof CpuExit.DeviceAccess(boolean write, int size, int port, int count)
        && write
        && size == 1
        && count == 1
        && port < Monitor.VECTORS
        && isBeforeOrBehindOut(Monitor.exceptionStubAddress(port))) {
      return processorException(port, registers);
    }
    return exit instanceof CpuExit.DeviceAccess io
        ? new Trap.DeviceAccess(
            "%s of %d x %d bytes on port 0x%x"
                .formatted(
                    io.write() ? "output" : "input", io.count(), io.sizeBytes(), io.device()),
            registers)
        : new Trap.Unexpected(exit, registers);
  }

  /**
   * Reads what the processor pushed (Intel SDM vol. 3, "64-Bit Mode Stack Frame"): SS, RSP, RFLAGS,
   * CS, RIP and for some vectors an error code. User code cannot touch that page. The stub has not
   * moved RSP, so RSP tells whether there is an error code.
   */
  private Trap processorException(int vector, X86Registers stub) {
    long pushed = stackEnd - vcpu.get(Register.RSP);
    if (pushed != 5 * 8 && pushed != 6 * 8) {
      return new Trap.PrivilegeLost("exception outside the exception stack", stub);
    }
    long frameEnd = exceptionStackTop;
    long errorCode = pushed == 6 * 8 ? memory.getLong(frameEnd - 48) : 0;
    X86Registers registers =
        stub.with(Register.RIP, memory.getLong(frameEnd - 40))
            .with(Register.RFLAGS, memory.getLong(frameEnd - 24))
            .with(Register.RSP, memory.getLong(frameEnd - 16));
    if ((memory.getLong(frameEnd - 32) & Monitor.PRIVILEGE_MASK) != Monitor.PRIVILEGE_MASK) {
      return new Trap.PrivilegeLost("exception " + vector + " at CPL 0", registers);
    }
    return new Trap.ProcessorException(
        Vectors.kind(vector),
        Vectors.describe(vector),
        Vectors.access(errorCode),
        vcpu.faultAddress(),
        vector,
        errorCode,
        registers);
  }

  @Override
  public @Nullable RegisterValues registersAtFault() {
    int vector = Monitor.vectorOfStub(vcpu.get(Register.RIP));
    return vector >= 0
            && !Monitor.isOutside(vcpu)
            && !Vectors.isTrap(vector)
            && processorException(vector, registers()) instanceof Trap.ProcessorException fault
        ? fault.registers()
        : null;
  }

  @Override
  public long callNumber() {
    return vcpu.get(CallRegisters.NUMBER);
  }

  @Override
  public long argument(int index) {
    return vcpu.get(CallRegisters.argument(index));
  }

  @Override
  public RegisterValues registersAfterCall() {
    return registers().afterSystemCall();
  }

  @Override
  public X86Registers registers() {
    return X86Registers.of(vcpu);
  }

  @Override
  public X86Registers location(AddressSpace space) {
    return location(registers(), systemCallStub, space);
  }

  /**
   * Returns registers with RIP in the guest's own code.
   *
   * @param stub an {@code out} that keeps its return address in RCX
   */
  static X86Registers location(X86Registers registers, long stub, AddressSpace space) {
    long at = registers.get(Register.RIP);
    boolean isCall = (at == stub || at == stub + Monitor.OUT_LENGTH) && stub != Gate.HOST_CALL_EXIT;
    long rip = isCall ? registers.get(Register.RCX) : at;
    long stack = registers.get(Register.RSP);
    try {
      if (Gate.isInExchange(rip)) {
        rip = space.readLong(stack);
        stack += Long.BYTES;
      }
      if (Gate.isInHostCall(rip)) {
        rip = space.readLong(stack);
      }
    } catch (GuestAddressException e) {
      rip = at; // the guest's RSP is not a stack
    }
    return registers.with(Register.RIP, rip);
  }

  @Override
  public RegisterValues ofMessage(long number, long argument0, long argument1, long argument2) {
    return X86Registers.of(
        Map.of(
            CallRegisters.NUMBER,
            number,
            CallRegisters.argument(0),
            argument0,
            CallRegisters.argument(1),
            argument1,
            CallRegisters.argument(2),
            argument2));
  }
}
