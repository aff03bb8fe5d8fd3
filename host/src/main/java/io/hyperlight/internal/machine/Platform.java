package io.hyperlight.internal.machine;

import io.hyperlight.internal.hypervisor.DirtyTracking;
import io.hyperlight.internal.hypervisor.HypervisorCallException;
import io.hyperlight.internal.hypervisor.x86.Cpuid;
import io.hyperlight.internal.hypervisor.x86.X86Hypervisor;
import io.hyperlight.internal.hypervisor.x86.X86VirtualCpu;
import io.hyperlight.internal.hypervisor.x86.X86VirtualMachine;
import io.hyperlight.internal.machine.arch.FaultKind;
import io.hyperlight.internal.machine.arch.MachineOptions;
import io.hyperlight.internal.machine.arch.MachineUnsupportedException;
import io.hyperlight.internal.machine.arch.Trap;
import io.hyperlight.internal.machine.x86.CpuFeatures;
import io.hyperlight.internal.machine.x86.GuestProcessor;
import io.hyperlight.internal.machine.x86.Monitor;
import io.hyperlight.internal.machine.x86.RunCode;
import io.hyperlight.internal.machine.x86.SystemCallEntry;
import io.hyperlight.internal.machine.x86.X86Architecture;
import org.jspecify.annotations.Nullable;

/**
 * A hypervisor, with what the library has found out about it and the processor below it. Only this
 * class decides what differs between machines. It decides by what a small probe VM does, not by
 * names. Many threads may use it at the same time.
 */
public final class Platform {
  /** The system property that overrides the result of {@link #tracking}. */
  static final String TRACKING = "hyperlight.dirtyTracking";

  private final X86Hypervisor hypervisor;
  private final CpuFeatures cpu;
  private final X86Architecture kind;

  private @Nullable DirtyTracking tracking;
  private @Nullable GuestProcessor guestProcessor;
  private @Nullable Boolean hidesTimeStampCounter;

  private Platform(X86Hypervisor hypervisor) {
    this.hypervisor = hypervisor;
    KickSignal.choose();
    Cpuid cpuid = hypervisor.supportedCpuid();
    try (X86VirtualMachine vm = hypervisor.createVm(DirtyTracking.NONE);
        X86VirtualCpu vcpu = vm.createCpu(0)) {
      cpu = CpuFeatures.of(cpuid, vcpu.specialRegisters().apicBase());
    }
    kind = probe(cpuid);
  }

  /**
   * Makes the platform of a hypervisor and takes over the hypervisor. If this fails, the hypervisor
   * is closed.
   *
   * @throws HypervisorCallException if the hypervisor fails
   * @throws MachineUnsupportedException if it does not behave as any variant of the monitor needs
   */
  public static Platform of(X86Hypervisor hypervisor) {
    try {
      return new Platform(hypervisor);
    } catch (Throwable t) { // errors, too: a caller whose heap is full may ask again later
      hypervisor.close();
      throw t;
    }
  }

  /**
   * Finds out where {@code syscall} leads, with one system call whose stub is on a supervisor page.
   * If {@code syscall} enters CPL 0, it reaches the stub. If it stays at CPL 3, fetching the stub
   * is a page fault at the stub's own address.
   */
  private X86Architecture probe(Cpuid cpuid) {
    X86Architecture supervisor =
        new X86Architecture(hypervisor, cpuid, cpu, SystemCallEntry.SUPERVISOR, false);
    try (Vm machine = Vm.create(supervisor, Vm.MINIMUM_MEMORY, MachineOptions.DEFAULT)) {
      machine.installGate(0);
      machine.context().enterGateExit();
      Trap trap = machine.context().run();
      if (trap == null && machine.context().isCallDone()) {
        if (!cpu.missing().isEmpty()) {
          throw cpu.unsupported();
        }
        return supervisor;
      }
      if (trap instanceof Trap.ProcessorException fault
          && fault.kind() == FaultKind.MEMORY_ACCESS
          && fault.instructionPointer()
              == Monitor.systemCallStubAddress(SystemCallEntry.SUPERVISOR)) {
        RunCode.install();
        X86Architecture user =
            new X86Architecture(hypervisor, cpuid, cpu, SystemCallEntry.USER, false);
        return new X86Architecture(
            hypervisor, cpuid, cpu, SystemCallEntry.USER, hasProtectionKeys(user));
      }
      throw new MachineUnsupportedException(
          "a system call in a probe VM neither reached its stub nor faulted there, but: "
              + (trap == null ? machine.context().callNumber() : trap));
    } catch (HypervisorCallException e) {
      if (e.isRefusal() && !cpu.missing().isEmpty()) {
        throw cpu.unsupported();
      }
      throw e;
    }
  }

  /**
   * Finds out whether guests can use protection keys. They can where they run directly on a
   * processor that has them. A guest can then remove any right to its own pages, and to those of
   * the gate (Intel SDM vol. 3, "Protection Keys").
   */
  private static boolean hasProtectionKeys(X86Architecture kind) {
    try (Vm machine = Vm.create(kind, SelfTest.MEMORY, MachineOptions.DEFAULT)) {
      return SelfTest.run(machine, SelfTest.protectionKeys()) == null;
    }
  }

  /** Returns the hypervisor, which makes virtual machines. */
  public X86Hypervisor hypervisor() {
    return hypervisor;
  }

  /** Returns what makes the processors of machines. */
  X86Architecture kind() {
    return kind;
  }

  /**
   * Creates a machine with empty user memory. It cannot be restored.
   *
   * @param memorySizeBytes size of the whole guest-physical memory, a multiple of the page size
   * @throws HypervisorCallException if the hypervisor fails; nothing is left behind
   * @throws MachineUnsupportedException if it cannot do what the options ask for
   * @throws io.hyperlight.internal.machine.memory.GuestMemoryExhaustedException if the memory does
   *     not even hold the monitor
   */
  public Vm create(long memorySizeBytes, MachineOptions options) {
    require(options);
    return Vm.create(kind, memorySizeBytes, options);
  }

  /** Does the same as {@link #create(long, MachineOptions)}, without options. */
  public Vm create(long memorySizeBytes) {
    return create(memorySizeBytes, MachineOptions.DEFAULT);
  }

  /**
   * Creates a machine that equals the frozen one, and can be restored to the image.
   *
   * @throws HypervisorCallException if the hypervisor fails; nothing is left behind
   * @throws MachineUnsupportedException if it cannot do what the options ask for
   * @throws ImageClosedException if the image is closed
   */
  public Vm spawn(MachineImage image, MachineOptions options) {
    require(options);
    return Vm.spawn(image, options, tracking());
  }

  /**
   * Starts to build an image of a machine that never ran, with empty user memory.
   *
   * @param memorySizeBytes size of the whole guest-physical memory, a multiple of the page size
   * @throws io.hyperlight.internal.machine.memory.GuestMemoryExhaustedException if it does not even
   *     hold the monitor
   * @throws io.hyperlight.internal.os.SystemCallException if the host has no room for it
   */
  public MachineImageBuilder buildImage(long memorySizeBytes) {
    return new MachineImageBuilder(kind, memorySizeBytes);
  }

  /**
   * Returns the processor that the guest of an image has seen.
   *
   * @throws HypervisorCallException if the hypervisor fails
   */
  public GuestProcessor processorOf(MachineImage image) {
    GuestProcessor seen = image.processor();
    return seen != null
        ? seen
        : new GuestProcessor(guestProcessor().features(), image.components());
  }

  /**
   * Returns how spawned machines find the pages that their guests wrote. It is the dirty ring if
   * this KVM has one that works, else the dirty log. The system property {@value #TRACKING} can say
   * {@code ring} or {@code log} instead. The first call finds it out.
   *
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if KVM fails
   */
  synchronized DirtyTracking tracking() {
    if (tracking == null) {
      String wanted = System.getProperty(TRACKING);
      tracking =
          switch (wanted) {
            case null -> probeRing() ? DirtyTracking.RING : DirtyTracking.LOG;
            case "ring" -> DirtyTracking.RING;
            case "log" -> DirtyTracking.LOG;
            default ->
                throw new IllegalArgumentException(
                    "system property %s is %s: it must be ring or log".formatted(TRACKING, wanted));
          };
    }
    return tracking;
  }

  /** Returns whether there is a dirty ring that works: {@link DirtyRingProbe}. */
  private boolean probeRing() {
    return hypervisor.offers(DirtyTracking.RING) && DirtyRingProbe.works(kind);
  }

  /**
   * Returns the processor as guests on this machine see it. The first call finds it out.
   *
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if KVM fails
   */
  public synchronized GuestProcessor guestProcessor() {
    if (guestProcessor == null) {
      try (CpuidProbe probe = new CpuidProbe(kind)) {
        guestProcessor = GuestProcessor.of(probe::get, cpu.xcr0());
      }
    }
    return guestProcessor;
  }

  /**
   * Returns whether user code can be kept from reading the time-stamp counter. The first call finds
   * it out, with a VM that hides the counter and tries to read it.
   *
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if KVM fails
   */
  public synchronized boolean hidesTimeStampCounter() {
    if (hidesTimeStampCounter == null) {
      try (Vm machine = Vm.create(kind, SelfTest.MEMORY, new MachineOptions(true, false))) {
        hidesTimeStampCounter = SelfTest.run(machine, SelfTest.timeStampCounter()) == null;
      }
    }
    return hidesTimeStampCounter;
  }

  /**
   * Checks that machines can have these options.
   *
   * @throws MachineUnsupportedException if not
   */
  private void require(MachineOptions options) {
    if (options.hidesTimeStampCounter() && !hidesTimeStampCounter()) {
      throw new MachineUnsupportedException(
          "this machine's KVM does not keep the time-stamp counter from guests ("
              + describe()
              + "): use another machine, or do without hideTimeStampCounter()");
    }
  }

  /** Describes the processor for people, as far as it matters. */
  public String describeProcessor() {
    return cpu.describe();
  }

  /**
   * Describes for people how this machine runs guests, in a few words. See docs/architecture.md.
   */
  public String describe() {
    return switch (kind.entry()) {
      case SUPERVISOR -> "system calls enter CPL 0 (as VMX and SVM do)";
      case USER -> "system calls stay at CPL 3 (a paravirtual KVM)";
    };
  }

  /** Describes for people how written pages are found, in a few words. */
  public String describeTracking() {
    return switch (tracking()) {
      case RING -> "written pages are found by the dirty ring";
      case LOG -> "written pages are found by the dirty log (there is no dirty ring that works)";
      case NONE -> throw new IllegalStateException();
    };
  }
}
