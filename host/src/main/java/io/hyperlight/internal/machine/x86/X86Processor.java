package io.hyperlight.internal.machine.x86;

import io.hyperlight.internal.hypervisor.DirtyTracker;
import io.hyperlight.internal.hypervisor.DirtyTracking;
import io.hyperlight.internal.hypervisor.x86.SpecialRegisters;
import io.hyperlight.internal.hypervisor.x86.X86VirtualCpu;
import io.hyperlight.internal.hypervisor.x86.X86VirtualMachine;
import io.hyperlight.internal.machine.arch.ContextRegisters;
import io.hyperlight.internal.machine.arch.MachineOptions;
import io.hyperlight.internal.machine.arch.Processor;
import io.hyperlight.internal.machine.arch.StoppedState;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.PageTable;
import io.hyperlight.internal.machine.memory.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/**
 * A VM with its one vCPU, set up as the monitor needs it. The state that user code cannot change is
 * set once. {@link #restore} resets what a trap leaves behind.
 */
public final class X86Processor implements Processor {
  public static final long MSR_STAR = 0xc000_0081L;
  public static final long MSR_LSTAR = 0xc000_0082L;
  public static final long MSR_SFMASK = 0xc000_0084L;

  /**
   * Kernel CS and SS from bits 47:32, user SS and CS as 8 and 16 above bits 63:48 (AMD APM vol. 2,
   * 6.1.1).
   */
  public static final long STAR = 0x001b_0008_0000_0000L;

  /** The flags that {@code syscall} clears: TF, IF, DF, IOPL, NT, AC. */
  private static final long SFMASK = 0x4_7700;

  private final SystemCallEntry systemCalls;
  private final X86VirtualMachine vm;
  private final X86VirtualCpu vcpu;
  private final @Nullable DirtyTracker tracker;
  private final SpecialRegisters initial;
  private final X86ContextSwitch contexts;
  private final X86GuestEntry entry;

  /** Whether a restore has to reset more than memory and general registers. */
  private boolean disturbed;

  private X86Processor(
      X86Architecture kind,
      PhysicalMemory memory,
      long xcr0,
      X86VirtualMachine vm,
      X86VirtualCpu vcpu,
      @Nullable DirtyTracker tracker,
      SpecialRegisters initial) {
    this.vm = vm;
    systemCalls = kind.entry();
    this.vcpu = vcpu;
    this.tracker = tracker;
    this.initial = initial;
    contexts = new X86ContextSwitch(this, systemCalls, memory, xcr0, kind.protectionKeys());
    entry = new X86GuestEntry(vcpu, systemCalls, contexts);
  }

  /**
   * Creates VM and vCPU.
   *
   * @param memory all guest-physical memory
   * @param root of the page tables
   * @param xcr0 the state components that guests may use
   * @param options of the embedder
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if KVM fails; nothing is left
   *     behind
   */
  public static X86Processor create(
      X86Architecture kind,
      PhysicalMemory memory,
      PageTable root,
      long xcr0,
      MachineOptions options,
      DirtyTracking tracking) {
    SystemCallEntry entry = kind.entry();
    X86VirtualMachine vm = null;
    X86VirtualCpu vcpu = null;
    DirtyTracker tracker = null;
    try {
      vm = kind.hypervisor().createVm(tracking);
      memory.attachTo(vm, tracking != DirtyTracking.NONE);
      vcpu = vm.createCpu(0);
      tracker = tracking == DirtyTracking.NONE ? null : vm.track(vcpu);
      // CPUID comes first, since KVM checks control registers against it. It is set even if user
      // code runs directly on the processor: KVM reads and writes only the vector state that CPUID
      // shows, and CPUID cannot be set once the vCPU has run.
      vcpu.setCpuid(kind.cpuid());
      SpecialRegisters initial =
          RegisterImage.create(entry, kind.features(), root.address(), options);
      vcpu.setSpecialRegisters(initial);
      vcpu.setXcr0(xcr0);
      vcpu.setModelSpecificRegisters(
          MSR_STAR, STAR, MSR_LSTAR, Monitor.systemCallStubAddress(entry), MSR_SFMASK, SFMASK);
      if (entry == SystemCallEntry.USER) {
        vcpu.viewCodeSegment();
        vcpu.takeSelectorsFromThread();
      }
      return new X86Processor(kind, memory, xcr0, vm, vcpu, tracker, initial);
    } catch (Throwable t) {
      close(tracker, vcpu, vm);
      throw t;
    }
  }

  @Override
  public X86VirtualCpu vcpu() {
    return vcpu;
  }

  @Override
  public @Nullable DirtyTracker tracker() {
    return tracker;
  }

  @Override
  public void disturb() {
    disturbed = true;
  }

  @Override
  public void usePageTables(PageTable root) {
    vcpu.setSpecialRegisters(vcpu.specialRegisters().withPageTables(root.address()));
    disturb();
  }

  /**
   * Resets what an exception or an unusual exit changes outside the general registers: segments and
   * CR2, page tables, what is pending or masked, DR6. User code can set no other special register.
   */
  @Override
  public void restore() {
    if (!disturbed) {
      return;
    }
    vcpu.setSpecialRegisters(initial);
    vcpu.takeBackPending();
    vcpu.resetDebugRegisters();
    disturbed = false;
  }

  @Override
  public X86Exits exits(PhysicalMemory memory, long exceptionStackTop) {
    return new X86Exits(vcpu, systemCalls, memory, exceptionStackTop);
  }

  @Override
  public X86GuestEntry entry() {
    return entry;
  }

  @Override
  public X86UserRegisters newContext() {
    return new X86UserRegisters(contexts);
  }

  @Override
  public void begin(ContextRegisters context) {
    contexts.begin((X86UserRegisters) context);
  }

  @Override
  public void beginParked() {
    contexts.beginParked();
  }

  @Override
  public void useSwitchBlockOf(AddressSpace space) {
    long block = ContextSwitchCode.REGISTERS;
    contexts.useBlock(space.isMapped(block, Long.BYTES) ? space.pin(block) : 0);
  }

  /** Makes all switches of contexts use ioctls instead of the gate's code. */
  public void switchSlowly(boolean slowly) {
    contexts.alwaysSlow(slowly);
  }

  @Override
  public X86StoppedState stoppedState() {
    return X86StoppedState.of(vcpu);
  }

  @Override
  public void stop(StoppedState state) {
    ((X86StoppedState) state).set(vcpu, initial);
  }

  @Override
  public void close() {
    close(tracker, vcpu, vm);
  }

  private static void close(
      @Nullable DirtyTracker tracker,
      @Nullable X86VirtualCpu vcpu,
      @Nullable X86VirtualMachine vm) {
    // No try-with-resources, as in Vm.
    try {
      if (tracker != null) {
        tracker.close();
      }
    } finally {
      try {
        if (vcpu != null) {
          vcpu.close();
        }
      } finally {
        if (vm != null) {
          vm.close();
        }
      }
    }
  }
}
