package io.hyperlight.vm;

import io.hyperlight.kvm.Register;
import io.hyperlight.kvm.Vcpu;
import io.hyperlight.kvm.VcpuExit;
import io.hyperlight.kvm.VirtualMachine;
import io.hyperlight.os.Errno;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One micro-VM: memory, one vCPU, monitor and gate, and the loop that runs them.
 *
 * <p>Between runs the vCPU rests in the system-call stub, behind its {@code out}. From there the
 * host lets it go on in one of two ways, both through the stub's return instruction and so at CPL
 * 3: {@link #enterGate} starts a call with every general register written by the host, {@link
 * #resume} answers a system call.
 *
 * <p><b>Boundary.</b> Everything a guest can do ends in {@link #run}, which sorts it: a system call
 * through the stub, or a {@link Trap}. After a trap the machine never runs again.
 *
 * <p>For one thread at a time, any thread.
 */
public final class Machine implements AutoCloseable {
  /** The least memory that holds the monitor, the gate and their tables. */
  static final long MINIMUM_MEMORY = 32L * PhysicalMemory.PAGE_SIZE;

  /** Where KVM keeps its own pages, and the APIC's, below 4 GiB. */
  public static final long MAXIMUM_MEMORY = 3L << 30;

  private static final long MSR_STAR = 0xc000_0081L;
  private static final long MSR_LSTAR = 0xc000_0082L;
  private static final long MSR_SFMASK = 0xc000_0084L;

  /**
   * Kernel CS and SS from bits 47:32, user SS and CS as 8 and 16 above bits 63:48 (AMD APM vol. 2,
   * 6.1.1).
   */
  static final long STAR = 0x001b_0008_0000_0000L;

  /** Cleared by {@code syscall}: TF, IF, DF, IOPL, NT, AC. */
  private static final long SFMASK = 0x4_7700;

  /**
   * What a guest may have in RFLAGS: CF, PF, AF, ZF, SF, TF, DF, OF, AC, ID. Not IOPL, which sysret
   * would load.
   */
  private static final long USER_FLAGS = 0x24_0dd5;

  /** Bit 1 is always set, IF as a program expects it; nothing is ever injected. */
  private static final long FIXED_FLAGS = 0x202;

  /** What the vCPU has in the stub. */
  static final long INITIAL_FLAGS = 2;

  private static final long PRIVILEGE_MASK = 3;

  private static final int MOST_COMPLETION_STEPS = 16;

  private final SystemCallEntry entry;
  private final long systemCallStub;
  private final PhysicalMemory memory;
  private final AddressSpace addressSpace;
  private final long exceptionStackTop;
  private final VirtualMachine vm;
  private final Vcpu vcpu;
  private long frame;
  private long framePhysical;
  private boolean trapped;

  Machine(Hypervisor hypervisor, SystemCallEntry entry, long memorySizeBytes) {
    this.entry = entry;
    systemCallStub = Monitor.systemCallStubAddress(entry);
    memory = new PhysicalMemory(memorySizeBytes);
    VirtualMachine newVm = null;
    Vcpu newVcpu = null;
    try {
      PageTables tables = new PageTables(memory);
      exceptionStackTop = Monitor.install(memory, tables, entry);
      addressSpace = new AddressSpace(memory, tables);
      newVm = hypervisor.kvm().createVm();
      newVm.setUserMemoryRegion(0, 0, memory.segment());
      newVcpu = newVm.createVcpu(0);
      // CPUID first: KVM checks control registers against it.
      newVcpu.setCpuid2(hypervisor.cpuid());
      newVcpu.setSregs(RegisterImage.create(entry, hypervisor.cpu(), tables.root()));
      newVcpu.setXcr0(hypervisor.cpu().xcr0());
      newVcpu.setMsrs(MSR_STAR, STAR, MSR_LSTAR, systemCallStub, MSR_SFMASK, SFMASK);
      newVcpu.keepRegistersSynchronised(entry == SystemCallEntry.USER);
    } catch (RuntimeException e) {
      close(newVcpu, newVm, memory);
      throw e;
    }
    vm = newVm;
    vcpu = newVcpu;
  }

  /**
   * Creates a machine with empty user memory.
   *
   * @param memorySizeBytes guest-physical memory in all, a multiple of the page size
   * @throws io.hyperlight.kvm.KvmException if KVM fails; nothing is left behind
   * @throws GuestMemoryExhaustedException if the memory does not even hold the monitor
   */
  public static Machine create(Hypervisor hypervisor, long memorySizeBytes) {
    return new Machine(hypervisor, hypervisor.entry(), memorySizeBytes);
  }

  /** All memory, the monitor's too. */
  PhysicalMemory memory() {
    return memory;
  }

  /** The user memory. */
  public AddressSpace addressSpace() {
    return addressSpace;
  }

  /**
   * Maps gate and information page.
   *
   * @param frameAddress where the call frame is, within one mapped writable page
   */
  public void installGate(long frameAddress) {
    Gate.install(addressSpace, entry, frameAddress);
    frame = frameAddress;
    framePhysical = frameAddress == 0 ? 0 : addressSpace.physicalOf(frameAddress);
  }

  // The call frame. Guest code can write it too: what is read here is hostile.

  public long frameLong(int offset) {
    return memory.getLong(framePhysical + offset);
  }

  public void setFrameLong(int offset, long value) {
    memory.putLong(framePhysical + offset, value);
  }

  public void setFrameInt(int offset, int value) {
    memory.putInt(framePhysical + offset, value);
  }

  public void setFrameFloat(int offset, float value) {
    memory.putFloat(framePhysical + offset, value);
  }

  public void setFrameDouble(int offset, double value) {
    memory.putDouble(framePhysical + offset, value);
  }

  /** Lets the next {@link #run} start the call that the frame describes. */
  public void enterGate() {
    enter(Gate.ADDRESS);
  }

  /** Lets the next {@link #run} go straight to the gate's exit. */
  void enterGateExit() {
    enter(Gate.DONE);
  }

  /** Every general register is written, so that nothing of an earlier call is left in one. */
  private void enter(long address) {
    vcpu.clearRegisters();
    vcpu.set(Register.RSP, frame + CallFrame.STACK_ARGUMENTS);
    vcpu.set(Register.RCX, address);
    vcpu.set(Register.R11, FIXED_FLAGS);
    vcpu.set(Register.RFLAGS, INITIAL_FLAGS);
    vcpu.set(Register.RIP, systemCallStub + Monitor.OUT_LENGTH);
    vcpu.markRegistersDirty();
  }

  /** A register as the system call left it; hostile. */
  public long get(Register register) {
    return vcpu.get(register);
  }

  /** All general registers as of the last stop; hostile. */
  public Map<Register, Long> registers() {
    return Trap.registers(vcpu);
  }

  /** Whether the system call is the gate's own at the end of a call. */
  public boolean isCallDone() {
    return vcpu.get(Register.RAX) == Gate.CALL_DONE && vcpu.get(Register.RCX) == Gate.DONE_RETURN;
  }

  /** Sets a register of the answer to a system call, before {@link #resume}. */
  public void set(Register register, long value) {
    vcpu.set(register, value);
  }

  /** Lets the next {@link #run} go on behind the guest's system call. */
  public void resume() {
    vcpu.set(Register.RIP, systemCallStub + Monitor.OUT_LENGTH);
    vcpu.set(Register.R11, userFlags(vcpu.get(Register.R11)));
    if (entry == SystemCallEntry.USER) {
      vcpu.set(Register.RFLAGS, userFlags(vcpu.get(Register.RFLAGS)));
    }
    vcpu.markRegistersDirty();
  }

  /** What of the guest's flags it may go on with. */
  static long userFlags(long flags) {
    return (flags & USER_FLAGS) | FIXED_FLAGS;
  }

  /**
   * Runs the guest until it makes a system call or traps.
   *
   * @return null for a system call, with its number in RAX and a return address that is a user
   *     address
   * @throws io.hyperlight.kvm.KvmException if KVM fails
   * @throws IllegalStateException after a trap
   */
  public @Nullable Trap run() {
    if (trapped) {
      throw new IllegalStateException("the machine has trapped");
    }
    int error;
    do {
      error = vcpu.run();
      // A signal meant for the JVM also ends KVM_RUN: nothing has happened, go on.
    } while (error == Errno.EINTR);
    if (error == 0 && isSystemCall()) {
      if (isUserAddress(vcpu.get(Register.RCX))) {
        return null;
      }
      trapped = true;
      return new Trap.BadReturnAddress(Trap.registers(vcpu));
    }
    trapped = true;
    if (error != 0) {
      throw vcpu.failedRun(error);
    }
    return trap();
  }

  /**
   * An {@code out} by the stub itself. Where the stub is a supervisor page, RIP there means CPL 0
   * in the stub; where it is a user page, the vCPU must be in 64-bit user code: what comes next
   * runs in the mode that it is in. KVM leaves RIP before or behind the instruction.
   */
  private boolean isSystemCall() {
    if (!vcpu.isByteOut(Monitor.SYSTEM_CALL_PORT)) {
      return false;
    }
    long rip = vcpu.get(Register.RIP);
    return (rip == systemCallStub || rip == systemCallStub + Monitor.OUT_LENGTH)
        && (entry == SystemCallEntry.SUPERVISOR || vcpu.codeSegmentSelector() == Monitor.USER_CODE);
  }

  /** A return to anything else would fault at CPL 0 or leave user space. */
  private static boolean isUserAddress(long address) {
    return address >= PhysicalMemory.PAGE_SIZE && address < AddressSpace.USER_END;
  }

  private static boolean isUserCode(long selector) {
    return (selector & PRIVILEGE_MASK) == PRIVILEGE_MASK;
  }

  private Trap trap() {
    VcpuExit exit = vcpu.exit();
    Map<Register, Long> registers = Trap.registers(vcpu);
    if (exit instanceof VcpuExit.Io(boolean out, int size, int port, int count)
        && out
        && size == 1
        && count == 1
        && port < Monitor.VECTORS) {
      long stub = Monitor.exceptionStubAddress(port);
      long rip = vcpu.get(Register.RIP);
      if (rip == stub || rip == stub + Monitor.OUT_LENGTH) {
        return processorException(port, registers);
      }
    }
    if (exit instanceof VcpuExit.Io || exit instanceof VcpuExit.Mmio) {
      completeInstruction();
    }
    if (exit instanceof VcpuExit.Io io) {
      return new Trap.PortAccess(io, registers);
    }
    return new Trap.Unexpected(exit, registers);
  }

  /**
   * Lets KVM finish what it would otherwise finish at the next KVM_RUN. A repeated instruction
   * exits again as often as the guest wishes; this machine never runs again, so some steps are
   * enough.
   */
  private void completeInstruction() {
    boolean complete = false;
    for (int step = 0; step < MOST_COMPLETION_STEPS && !complete; step++) {
      complete = vcpu.completeExit();
    }
  }

  /**
   * Reads what the processor pushed (Intel SDM vol. 3, "64-Bit Mode Stack Frame"): SS, RSP, RFLAGS,
   * CS, RIP and for some vectors an error code, on a page that user code cannot touch. The stub has
   * not moved RSP, which so tells whether there is one.
   */
  private Trap processorException(int vector, Map<Register, Long> registers) {
    long pushed = Monitor.STACK_TOP - vcpu.get(Register.RSP);
    if (pushed != 5 * 8 && pushed != 6 * 8) {
      return new Trap.PrivilegeLost("exception outside the exception stack", registers);
    }
    long frameEnd = exceptionStackTop;
    long errorCode = pushed == 6 * 8 ? memory.getLong(frameEnd - 48) : 0;
    registers.put(Register.RIP, memory.getLong(frameEnd - 40));
    registers.put(Register.RFLAGS, memory.getLong(frameEnd - 24));
    registers.put(Register.RSP, memory.getLong(frameEnd - 16));
    if (!isUserCode(memory.getLong(frameEnd - 32))) {
      return new Trap.PrivilegeLost("exception " + vector + " at CPL 0", registers);
    }
    return new Trap.ProcessorException(vector, errorCode, vcpu.getSregs().cr2(), registers);
  }

  /** Closes vCPU and VM and unmaps all memory. A second call does nothing. */
  @Override
  public void close() {
    close(vcpu, vm, memory);
  }

  private static void close(
      @Nullable Vcpu vcpu, @Nullable VirtualMachine vm, PhysicalMemory memory) {
    try (memory;
        vm;
        vcpu) {
      // Closed in reverse order, each even if another fails.
    }
  }
}
