package io.hyperlight.internal.machine.x86;

import static io.hyperlight.internal.machine.memory.PhysicalMemory.PAGE_SIZE;

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
import io.hyperlight.internal.machine.memory.Protection;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A vCPU, set up as the monitor needs it. The first one of a VM owns the VM. The state that user
 * code cannot change is set once. {@link #restore} resets what a trap leaves behind.
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

  private final X86Architecture kind;
  private final PhysicalMemory memory;
  private final long xcr0;
  private final DirtyTracking tracking;
  private final int number;
  private final X86VirtualMachine vm;
  private final X86VirtualCpu vcpu;
  private final @Nullable DirtyTracker tracker;
  private final SpecialRegisters initial;
  private final X86ContextSwitch contexts;
  private final X86GuestEntry entry;

  /** Whether a restore has to reset more than memory and general registers. */
  private boolean disturbed;

  private @Nullable X86Exits exits;

  /** The guest-physical addresses of the pages of a further vCPU. */
  private long taskPage;

  private long stackPage;

  private X86Processor(
      X86Architecture kind,
      PhysicalMemory memory,
      long xcr0,
      DirtyTracking tracking,
      int number,
      X86VirtualMachine vm,
      X86VirtualCpu vcpu,
      @Nullable DirtyTracker tracker,
      SpecialRegisters initial) {
    this.kind = kind;
    this.memory = memory;
    this.xcr0 = xcr0;
    this.tracking = tracking;
    this.number = number;
    this.vm = vm;
    this.vcpu = vcpu;
    this.tracker = tracker;
    this.initial = initial;
    contexts = new X86ContextSwitch(this, kind.entry(), memory, xcr0, kind.protectionKeys());
    entry = new X86GuestEntry(vcpu, kind.entry(), contexts);
  }

  int number() {
    return number;
  }

  X86ContextSwitch contexts() {
    return contexts;
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
    X86VirtualMachine vm = null;
    X86VirtualCpu vcpu = null;
    DirtyTracker tracker = null;
    try {
      vm = kind.hypervisor().createVm(tracking);
      memory.attachTo(vm, tracking != DirtyTracking.NONE);
      vcpu = vm.createCpu(0);
      tracker = tracking == DirtyTracking.NONE ? null : vm.track(vcpu);
      SpecialRegisters initial =
          RegisterImage.create(kind.entry(), kind.features(), root.address(), options);
      setUp(vcpu, kind, initial, xcr0);
      return new X86Processor(kind, memory, xcr0, tracking, 0, vm, vcpu, tracker, initial);
    } catch (Throwable t) {
      close(tracker, vcpu, vm);
      throw t;
    }
  }

  private static void setUp(
      X86VirtualCpu vcpu, X86Architecture kind, SpecialRegisters initial, long xcr0) {
    SystemCallEntry entry = kind.entry();
    // CPUID comes first, since KVM checks control registers against it. It is set even if user
    // code runs directly on the processor: KVM reads and writes only the vector state that CPUID
    // shows, and CPUID cannot be set once the vCPU has run.
    vcpu.setCpuid(kind.cpuid());
    vcpu.setSpecialRegisters(initial);
    vcpu.setXcr0(xcr0);
    vcpu.setModelSpecificRegisters(
        MSR_STAR, STAR, MSR_LSTAR, Monitor.systemCallStubAddress(entry), MSR_SFMASK, SFMASK);
    if (entry == SystemCallEntry.USER) {
      vcpu.viewCodeSegment();
      vcpu.takeSelectorsFromThread();
    }
  }

  @Override
  public X86Processor further(int further) {
    X86VirtualCpu made = vm.createCpu(further);
    DirtyTracker itsTracker = null;
    try {
      // A dirty log is of the memory, and a dirty ring of a vCPU.
      itsTracker = tracking == DirtyTracking.RING ? vm.track(made) : null;
      SpecialRegisters special = RegisterImage.ofFurther(initial, further);
      setUp(made, kind, special, xcr0);
      X86Processor processor =
          new X86Processor(kind, memory, xcr0, tracking, further, vm, made, itsTracker, special);
      processor.beginParked();
      return processor;
    } catch (Throwable t) {
      close(itsTracker, made, null);
      throw t;
    }
  }

  @Override
  public void mapPages(AddressSpace space) {
    long page = ContextSwitchCode.pageOf(number);
    if (!space.isFree(page, PAGE_SIZE)) {
      space.unmap(page, PAGE_SIZE); // an error has ended an earlier attempt
    }
    taskPage = space.mapSupervisor(Monitor.taskAddress(number), Protection.READ);
    stackPage = space.mapSupervisor(Monitor.stackAddress(number), Protection.READ_WRITE);
    space.map(page, PAGE_SIZE, Protection.READ_EXECUTE);
    long physical = space.pin(page);
    Monitor.writeTask(memory, taskPage, kind.entry(), Monitor.stackTop(number));
    Monitor.put(memory, physical, ContextSwitchCode.ofPage());
    contexts.useBlock(physical + ContextSwitchCode.REGISTERS_IN_PAGE);
    Objects.requireNonNull(exits).useStack(stackPage + PAGE_SIZE);
  }

  @Override
  public void unmapPages(AddressSpace space) {
    space.unmap(ContextSwitchCode.pageOf(number), PAGE_SIZE);
    space.unmapSupervisor(Monitor.taskAddress(number), taskPage);
    space.unmapSupervisor(Monitor.stackAddress(number), stackPage);
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
    X86Exits made =
        new X86Exits(vcpu, kind.entry(), memory, exceptionStackTop, Monitor.stackTop(number));
    exits = made;
    return made;
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
    if (number > 0) {
      return; // its block is in a page of its own
    }
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
    close(tracker, vcpu, number == 0 ? vm : null);
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
