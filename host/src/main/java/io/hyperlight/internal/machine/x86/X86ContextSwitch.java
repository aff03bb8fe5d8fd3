package io.hyperlight.internal.machine.x86;

import io.hyperlight.internal.hypervisor.x86.Register;
import io.hyperlight.internal.hypervisor.x86.SpecialRegisters;
import io.hyperlight.internal.hypervisor.x86.X86VirtualCpu;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.PhysicalMemory;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Makes a vCPU go on with another context. It knows which context is on the vCPU, whose vector
 * state is in it, and at which privilege level it stands.
 *
 * <p>The general registers of a context come and go with it: they are the view of the vCPU. Vector
 * state and bases stay in the vCPU until another context needs it for its own. Then {@link
 * ContextSwitchCode} saves and loads them on the way to that context.
 *
 * <p>As long as a VM has one context, nothing here is done.
 */
final class X86ContextSwitch {
  private static final Register[] ALL = Register.values();
  private static final int SYSCALL_LENGTH = 2;

  private final X86Processor processor;
  private final X86VirtualCpu vcpu;
  private final SystemCallEntry systemCalls;
  private final PhysicalMemory memory;
  private final long xcr0;

  /** Whether the gate's code has to reset the rights of protection keys. */
  private final boolean protectionKeys;

  private @Nullable X86UserRegisters attached;

  /** The context whose vector state and bases are in the vCPU. */
  private @Nullable X86UserRegisters owner;

  /** Whether the view has the registers of a context that stands elsewhere than the vCPU. */
  private boolean elsewhere;

  /** Whether the vCPU is at CPL 0. Only valid if the context is elsewhere. */
  private boolean supervisor;

  /** Whether the next run, or the last one, goes to the attached context by the gate's code. */
  private boolean switching;

  private boolean slow;

  /**
   * The guest-physical address of {@link ContextSwitchCode#REGISTERS}, or 0 if there is no gate.
   */
  private long block;

  /** How far behind the gate's code this vCPU's own copy of it is. */
  private final long shift;

  X86ContextSwitch(
      X86Processor processor,
      SystemCallEntry systemCalls,
      PhysicalMemory memory,
      long xcr0,
      boolean protectionKeys) {
    shift =
        processor.number() == 0
            ? 0
            : ContextSwitchCode.pageOf(processor.number()) - ContextSwitchCode.UNLOCK;
    this.processor = processor;
    vcpu = processor.vcpu();
    this.systemCalls = systemCalls;
    this.memory = memory;
    this.xcr0 = xcr0;
    this.protectionKeys = protectionKeys;
  }

  X86Processor processor() {
    return processor;
  }

  PhysicalMemory memory() {
    return memory;
  }

  long xcr0() {
    return xcr0;
  }

  void useBlock(long physical) {
    block = physical;
  }

  /** Makes all switches use ioctls, as those do that step through the guest's code. */
  void alwaysSlow(boolean slowly) {
    slow = slowly;
  }

  /** Says that a VM begins, or begins again: one context is on the vCPU. */
  void begin(X86UserRegisters context) {
    attached = context;
    owner = context;
    elsewhere = false;
    switching = false;
    // It rests in the stub, wherever the last run ended.
    vcpu.set(Register.RIP, Monitor.systemCallStubAddress(systemCalls));
  }

  /**
   * Says that a VM of several contexts begins, or begins again. All are parked, and the vCPU has
   * the special registers with which it was made.
   */
  void beginParked() {
    attached = null;
    owner = null;
    elsewhere = true;
    supervisor = systemCalls == SystemCallEntry.SUPERVISOR;
    switching = false;
  }

  /** Returns whether an address is in the code that switches contexts on this vCPU. */
  private boolean isInCode(long rip) {
    return ContextSwitchCode.contains(rip - shift);
  }

  /** Copies the vector state of a context out of the vCPU, which is then nobody's. */
  void giveUp(X86UserRegisters context) {
    if (owner == context) {
      context.area().save(vcpu);
      owner = null;
    }
  }

  /**
   * Says that vector state of an earlier life of the VM is left in the vCPU, and no context is on
   * it.
   */
  void forget(X86UserRegisters context) {
    if (owner == context) {
      owner = null;
    }
    if (attached == context) {
      attached = null;
    }
  }

  boolean isAttached(X86UserRegisters context) {
    return attached == context;
  }

  /** Returns whether vector state and bases of a context are in the vCPU. */
  boolean isOwner(X86UserRegisters context) {
    return owner == context;
  }

  /**
   * Says that the view gets registers with which the attached context goes on elsewhere.
   *
   * @return false if the gate's code is not there
   */
  boolean leaveExit() {
    if (block == 0) {
      return false;
    }
    leave();
    return true;
  }

  boolean isElsewhere() {
    return elsewhere;
  }

  /** Says that a context never runs again. */
  void release(X86UserRegisters context) {
    if (owner == context) {
      owner = null;
    }
    if (attached == context) {
      leave();
      attached = null;
    }
  }

  /** Says that the vCPU has left the attached context's own code. */
  void arrive() {
    if (switching) {
      switching = false;
      owner = attached;
    }
  }

  /** Takes the general registers of the attached context out of the vCPU. */
  void park(X86UserRegisters context, boolean ready) {
    copy(context, ready, context.general());
    leave();
    attached = null;
  }

  /** Copies the general registers of the attached context. */
  void copy(X86UserRegisters context, boolean ready, X86ParkedRegisters target) {
    if (ready && switching) {
      if (target != context.general()) {
        target.set(context.general());
      }
      return; // the run to it has not begun, so they are as they were given
    }
    target.take(vcpu, processor.entry().exit());
    if (ready && !elsewhere && isAtReturn(target.get(Register.RIP))) {
      target.set(Register.RIP, target.get(Register.RCX));
      target.set(Register.RFLAGS, target.get(Register.R11));
    }
  }

  private boolean isAtReturn(long rip) {
    return rip == Monitor.systemCallStubAddress(systemCalls) + Monitor.OUT_LENGTH
        || rip == Monitor.RETURN;
  }

  private void leave() {
    if (!elsewhere) {
      supervisor = isSupervisor(vcpu.get(Register.RIP));
      elsewhere = true;
    }
    switching = false;
  }

  /** User code is in the lower half, and the monitor in the upper. */
  private static boolean isSupervisor(long rip) {
    return rip < 0;
  }

  /** Brings a parked context to the vCPU. */
  void unpark(X86UserRegisters context, boolean ready) {
    if (attached != null) {
      throw new IllegalStateException("another context is on the vCPU");
    }
    context.general().putInto(vcpu);
    processor.entry().setExit(context.general().exit());
    attached = context;
    if (ready) {
      enter();
    }
  }

  /**
   * Makes the next run go on in user code with the registers of the view. The attached context is
   * elsewhere.
   */
  void enter() {
    X86UserRegisters context = Objects.requireNonNull(attached);
    long flags = Flags.ofUser(vcpu.get(Register.RFLAGS));
    vcpu.set(Register.RFLAGS, flags);
    boolean changes = owner != context;
    if (!changes && !supervisor) {
      vcpu.commitRegisters();
      elsewhere = false;
    } else if (slow || (flags & Flags.TRAP) != 0) {
      enterSlowly(context);
    } else if (!changes
        && vcpu.get(Register.RCX) == vcpu.get(Register.RIP)
        && vcpu.get(Register.R11) == flags) {
      vcpu.set(Register.RIP, Monitor.RETURN);
      vcpu.set(Register.RFLAGS, Flags.INITIAL);
      vcpu.commitRegisters();
      elsewhere = false;
    } else {
      enterByGate(context, changes);
    }
  }

  private void enterByGate(X86UserRegisters context, boolean changes) {
    context.general().take(vcpu, processor.entry().exit());
    for (Register register : ALL) {
      memory.putLong(block + (long) register.place * Long.BYTES, vcpu.get(register));
    }
    X86UserRegisters last = owner;
    long start = shift + (protectionKeys ? ContextSwitchCode.UNLOCK : ContextSwitchCode.SWITCH);
    vcpu.clearRegisters();
    vcpu.set(Register.RAX, xcr0);
    vcpu.set(Register.RDI, changes && last != null ? last.area().address : 0);
    vcpu.set(Register.RSI, changes && context.isWorthLoading() ? context.area().address : 0);
    if (supervisor) {
      vcpu.set(Register.RCX, start);
      vcpu.set(Register.R11, Flags.FIXED);
      vcpu.set(Register.RFLAGS, Flags.INITIAL);
      vcpu.set(Register.RIP, Monitor.RETURN);
    } else {
      vcpu.set(Register.RFLAGS, Flags.FIXED);
      vcpu.set(Register.RIP, start);
    }
    vcpu.commitRegisters();
    elsewhere = false;
    switching = true;
  }

  /** Does the same by ioctls, which can also load RFLAGS with TF. */
  private void enterSlowly(X86UserRegisters context) {
    X86UserRegisters last = owner;
    boolean loads = last != context && context.isWorthLoading();
    if (last != null && last != context) {
      last.saveVectors();
    }
    SpecialRegisters special = vcpu.specialRegisters();
    vcpu.setSpecialRegisters(
        special.withUserSegments(
            RegisterImage.userCode(),
            RegisterImage.userData(),
            loads ? special.fs().withBase(context.area().fsBase()) : special.fs(),
            loads ? special.gs().withBase(context.area().gsBase()) : special.gs()));
    if (loads) {
      vcpu.setExtendedState(context.area().state());
    }
    owner = context;
    vcpu.commitRegisters();
    elsewhere = false;
    processor.disturb();
  }

  /**
   * Finds out where a kick has stopped the vCPU. Afterwards the view has the registers with which
   * user code of the attached context goes on.
   *
   * <p><b>Boundary.</b> User code can jump to any address, also to one of the monitor, or to 0. A
   * kick can come before that has become a fault.
   *
   * @return false if the vCPU is in an exception stub, or about to get there by such a jump
   */
  boolean settleKick() {
    processor.disturb();
    long rip = vcpu.get(Register.RIP);
    if (elsewhere) {
      vcpu.takeBackPending();
      return true; // it was not entered, and the registers are those of a stopped context
    }
    boolean inMonitor = isSupervisor(rip);
    if (inMonitor
        ? Monitor.vectorOfStub(rip) >= 0 || Monitor.isOutside(vcpu)
        : !AddressSpace.isUserAddress(rip)) {
      return false;
    }
    supervisor = inMonitor;
    if (switching && (rip == Monitor.RETURN || isInCode(rip))) {
      takeBackSwitch(rip);
    } else {
      arrive();
      takeBackCall(rip);
    }
    switching = false;
    elsewhere = true;
    vcpu.takeBackPending();
    return true;
  }

  /**
   * Takes back an exception that was about to leave the vCPU.
   *
   * @param registers of the user code that has raised it
   * @return false if the gate's code has raised it
   */
  boolean takeBackFault(X86Registers registers) {
    if (isForged(registers.get(Register.RIP))) {
      return false;
    }
    leave();
    registers.set(vcpu);
    vcpu.takeBackPending();
    return true;
  }

  /**
   * Takes back an unfinished switch. Until the code begins to load, the vector state of the last
   * context is still there. While it loads, that state is in its save area.
   */
  private void takeBackSwitch(long rip) {
    X86UserRegisters context = Objects.requireNonNull(attached);
    if (owner != context && rip - shift >= ContextSwitchCode.LOAD && isInCode(rip)) {
      owner = rip - shift >= ContextSwitchCode.LOADED ? context : null;
    }
    context.general().putInto(vcpu);
  }

  /**
   * Takes back a system call that has not left the vCPU yet, so that it is made again. Finishes the
   * return from one. So a signal handler never finds the stub as the place that it interrupts: a C
   * library looks there whether a thread has begun to wait.
   *
   * <p><b>Boundary.</b> If the stub is user code, a jump reaches it, too, with any RCX.
   */
  private void takeBackCall(long rip) {
    long stub = Monitor.systemCallStubAddress(systemCalls);
    long next = vcpu.get(Register.RCX);
    if (rip == stub && AddressSpace.isUserAddress(next - SYSCALL_LENGTH)) {
      vcpu.set(Register.RIP, next - SYSCALL_LENGTH);
      vcpu.set(Register.RFLAGS, vcpu.get(Register.R11));
    } else if (isAtReturn(rip) && AddressSpace.isUserAddress(next)) {
      vcpu.set(Register.RIP, next);
      vcpu.set(Register.RFLAGS, vcpu.get(Register.R11));
    }
  }

  /**
   * Says that an exception of user code has left the vCPU.
   *
   * @return whether the gate's code has raised it
   */
  boolean isForged(long rip) {
    if (switching && isInCode(rip)) {
      switching = false;
      owner = null;
      return true;
    }
    arrive();
    return false;
  }
}
