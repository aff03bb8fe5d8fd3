package io.hyperlight.internal.machine.x86;

import io.hyperlight.internal.abi.Hypercall;
import io.hyperlight.internal.hypervisor.CpuExit;
import io.hyperlight.internal.hypervisor.x86.Register;
import io.hyperlight.internal.hypervisor.x86.X86VirtualCpu;
import io.hyperlight.internal.machine.arch.Trap;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.GuestAddressException;
import io.hyperlight.internal.machine.memory.PhysicalMemory;

/**
 * Says what the last exit of a vCPU means.
 *
 * <p><b>Boundary.</b> Everything a guest can do ends in an exit, and any register may hold
 * anything. So nothing here believes a register that user code can set, unless RIP shows that it is
 * the monitor's or the gate's own code that left.
 *
 * <p>Only for a vCPU that does not run.
 */
public final class Exits {
  /** What an exit is. */
  public enum Kind {
    /** The gate says that the call is over. */
    CALL_DONE,
    /** The gate's routine makes a host call, by an {@code out} of its own. */
    HOST_CALL,
    /** A system call, through the stub. */
    SYSTEM_CALL,
    /** A system call that could only return to where user code cannot be. */
    BAD_RETURN_ADDRESS,
    /** KVM has no room to report written pages; the guest has not run on. */
    DIRTY_RING_FULL,
    /** Anything else: {@link #trap} tells more. */
    OTHER
  }

  private static final long PRIVILEGE_MASK = 3;

  private static final int MOST_COMPLETION_STEPS = 16;

  private final X86VirtualCpu vcpu;
  private final SystemCallEntry entry;
  private final long systemCallStub;
  private final PhysicalMemory memory;
  private final long exceptionStackTop;

  /**
   * For one vCPU.
   *
   * @param exceptionStackTop the physical address
   */
  public Exits(
      X86VirtualCpu vcpu, SystemCallEntry entry, PhysicalMemory memory, long exceptionStackTop) {
    this.vcpu = vcpu;
    this.entry = entry;
    this.memory = memory;
    this.exceptionStackTop = exceptionStackTop;
    systemCallStub = Monitor.systemCallStubAddress(entry);
  }

  /** What the last exit is. */
  public Kind kind() {
    if (!vcpu.isDoorbell(Monitor.SYSTEM_CALL_PORT)) {
      return vcpu.isTrackerFull() ? Kind.DIRTY_RING_FULL : Kind.OTHER;
    }
    return entry == SystemCallEntry.SUPERVISOR ? kindOfSupervisorOut() : kindOfUserOut();
  }

  /** Where the stub is a supervisor page, RIP there means CPL 0 in the stub. */
  private Kind kindOfSupervisorOut() {
    if (!isBeforeOrBehindOut(systemCallStub)) {
      return Kind.OTHER;
    }
    return vcpu.get(Register.RAX) == Hypercall.DONE && vcpu.get(Register.RCX) == Gate.DONE_RETURN
        ? Kind.CALL_DONE
        : kindOfSystemCall();
  }

  /**
   * Where stub and gate's exits are user pages, the vCPU must be in 64-bit user code: what comes
   * next runs in the mode that it is in.
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

  /** Where the port is for user code, the stub can be reached by a jump, too, with any RCX. */
  private Kind kindOfSystemCall() {
    return isUserAddress(vcpu.get(Register.RCX)) ? Kind.SYSTEM_CALL : Kind.BAD_RETURN_ADDRESS;
  }

  /**
   * Whether the gate has waited for a message of the host's for long enough. It does not do so step
   * by step: who sets TF there has an exception pending, which would come up in the next call.
   */
  public boolean isRest() {
    return kind() == Kind.SYSTEM_CALL
        && vcpu.get(Register.RAX) == Hypercall.REST
        && !isSingleStep();
  }

  /** Whether the guest's code that has left runs step by step. */
  public boolean isSingleStep() {
    return (vcpu.get(Register.RFLAGS) & Flags.TRAP) != 0;
  }

  /** KVM leaves RIP at either side of the instruction. */
  private boolean isBeforeOrBehindOut(long out) {
    long rip = vcpu.get(Register.RIP);
    return rip == out || rip == out + Monitor.OUT_LENGTH;
  }

  /** A return to anything else would fault at CPL 0 or leave user space. */
  public static boolean isUserAddress(long address) {
    return address >= PhysicalMemory.PAGE_SIZE && address < AddressSpace.USER_END;
  }

  /**
   * Lets KVM finish what it would otherwise finish at the next KVM_RUN, in memory and registers
   * that belong to somebody else then. A repeated instruction exits again as often as the guest
   * wishes; after some steps the vCPU is given up.
   *
   * @return whether there is nothing left to finish; if not, nobody knows the vCPU's state
   */
  public boolean complete() {
    if (!(vcpu.exit() instanceof CpuExit.DeviceAccess)) {
      return false;
    }
    for (int step = 0; step < MOST_COMPLETION_STEPS; step++) {
      if (vcpu.completeExit()) {
        return true;
      }
    }
    return false;
  }

  /** What an exit of {@link Kind#BAD_RETURN_ADDRESS} is. */
  public Trap badReturnAddress() {
    return new Trap.BadReturnAddress(vcpu.get(Register.RCX), registers());
  }

  /** What an exit of {@link Kind#OTHER} is. */
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
   * CS, RIP and for some vectors an error code, on a page that user code cannot touch. The stub has
   * not moved RSP, which so tells whether there is one.
   */
  private Trap processorException(int vector, X86Registers stub) {
    long pushed = Monitor.STACK_TOP - vcpu.get(Register.RSP);
    if (pushed != 5 * 8 && pushed != 6 * 8) {
      return new Trap.PrivilegeLost("exception outside the exception stack", stub);
    }
    long frameEnd = exceptionStackTop;
    long errorCode = pushed == 6 * 8 ? memory.getLong(frameEnd - 48) : 0;
    X86Registers registers =
        stub.with(Register.RIP, memory.getLong(frameEnd - 40))
            .with(Register.RFLAGS, memory.getLong(frameEnd - 24))
            .with(Register.RSP, memory.getLong(frameEnd - 16));
    if ((memory.getLong(frameEnd - 32) & PRIVILEGE_MASK) != PRIVILEGE_MASK) {
      return new Trap.PrivilegeLost("exception " + vector + " at CPL 0", registers);
    }
    return new Trap.ProcessorException(
        Vectors.kind(vector),
        Vectors.describe(vector),
        Vectors.access(errorCode),
        vcpu.specialRegisters().cr2(),
        vector,
        errorCode,
        registers);
  }

  /** The number of a system call; hostile. */
  public long callNumber() {
    return vcpu.get(CallRegisters.NUMBER);
  }

  /** An argument of a system call, or a result of a call that is done; hostile. */
  public long argument(int index) {
    return vcpu.get(CallRegisters.argument(index));
  }

  /** The general registers as of the last exit. */
  public X86Registers registers() {
    return X86Registers.of(vcpu);
  }

  /**
   * The general registers as of the last stop, with RIP where the guest's own code is: at a system
   * call or a host call, where it returns to. Hostile.
   */
  public X86Registers whereabouts(AddressSpace space) {
    X86Registers registers = registers();
    long rip = vcpu.get(isBeforeOrBehindOut(systemCallStub) ? Register.RCX : Register.RIP);
    long stack = vcpu.get(Register.RSP);
    try {
      if (Gate.isInExchange(rip)) {
        rip = space.readLong(stack);
        stack += Long.BYTES;
      }
      if (Gate.isInHostCall(rip)) {
        rip = space.readLong(stack);
      }
    } catch (GuestAddressException e) {
      rip = vcpu.get(Register.RIP); // a stack that is none
    }
    return registers.with(Register.RIP, rip);
  }
}
