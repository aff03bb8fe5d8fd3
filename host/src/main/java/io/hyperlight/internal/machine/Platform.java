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
 * A hypervisor with what was found out about it and the processor below it, once. The one place
 * that decides what differs between machines, from what a small probe VM does, not from names. Safe
 * for use by many threads.
 */
public final class Platform {
  /** The system property that overrules what {@link #tracking} finds. */
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
   * The platform that a hypervisor makes, which belongs to it from now on and is closed if this
   * fails.
   *
   * @throws HypervisorCallException if the hypervisor fails
   * @throws MachineUnsupportedException if it does not behave as any variant of the monitor needs
   */
  public static Platform of(X86Hypervisor hypervisor) {
    try {
      return new Platform(hypervisor);
    } catch (Throwable t) { // errors, too: a caller whose heap is full asks again later
      hypervisor.close();
      throw t;
    }
  }

  /**
   * Runs one system call with the stub on a supervisor page. Where {@code syscall} enters CPL 0, it
   * arrives; where it stays at CPL 3, fetching the stub is a page fault at the stub's own address.
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
   * Where guests run on the processor as it is, one with protection keys lets them take any right
   * to their own pages from themselves, and from the gate (Intel SDM vol. 3, "Protection Keys").
   */
  private static boolean hasProtectionKeys(X86Architecture kind) {
    try (Vm machine = Vm.create(kind, SelfTest.MEMORY, MachineOptions.DEFAULT)) {
      return SelfTest.run(machine, SelfTest.protectionKeys()) == null;
    }
  }

  /** What makes virtual machines. */
  public X86Hypervisor hypervisor() {
    return hypervisor;
  }

  /** What the processors of machines are made of. */
  X86Architecture kind() {
    return kind;
  }

  /**
   * Creates a machine with empty user memory. It cannot go back to an image.
   *
   * @param memorySizeBytes guest-physical memory in all, a multiple of the page size
   * @throws HypervisorCallException if the hypervisor fails; nothing is left behind
   * @throws MachineUnsupportedException if it cannot do what the options ask for
   * @throws io.hyperlight.internal.machine.memory.GuestMemoryExhaustedException if the memory does
   *     not even hold the monitor
   */
  public Vm create(long memorySizeBytes, MachineOptions options) {
    require(options);
    return Vm.create(kind, memorySizeBytes, options);
  }

  /** As {@link #create(long, MachineOptions)}, without options. */
  public Vm create(long memorySizeBytes) {
    return create(memorySizeBytes, MachineOptions.DEFAULT);
  }

  /**
   * Creates a machine that equals the one that was frozen, and can go back to it.
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
   * Starts an image of a machine that never was, with empty user memory.
   *
   * @param memorySizeBytes guest-physical memory in all, a multiple of the page size
   * @throws io.hyperlight.internal.machine.memory.GuestMemoryExhaustedException if it does not even
   *     hold the monitor
   * @throws io.hyperlight.internal.os.SystemCallException if the host has no room for it
   */
  public MachineImageBuilder buildImage(long memorySizeBytes) {
    return new MachineImageBuilder(kind, memorySizeBytes);
  }

  /**
   * The processor that the guest of an image has seen.
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
   * How spawned machines find what their guests wrote: by the dirty ring if this KVM has one that
   * works, else by the dirty log. The system property {@value #TRACKING} can say {@code ring} or
   * {@code log} instead. Found out at the first call.
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

  /**
   * Whether there is a dirty ring, and a page makes an entry again after its entry was given back:
   * {@link DirtyRingProbe}.
   */
  private boolean probeRing() {
    return hypervisor.offers(DirtyTracking.RING) && DirtyRingProbe.works(kind);
  }

  /**
   * The processor as guests on this machine see it. Found out at the first call.
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
   * Whether user code can be kept from reading the time-stamp counter. Found out at the first call,
   * by a VM that is told to and tries.
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
   * Checks that machines can be what somebody wants.
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

  /** What of the processor matters, for people. */
  public String describeProcessor() {
    return cpu.describe();
  }

  /** How this machine is driven, in a few words for people: see docs/architecture.md. */
  public String describe() {
    return switch (kind.entry()) {
      case SUPERVISOR -> "system calls enter CPL 0 (as VMX and SVM do)";
      case USER -> "system calls stay at CPL 3 (a paravirtual KVM)";
    };
  }

  /** How written pages are found, in a few words for people. */
  public String describeTracking() {
    return switch (tracking()) {
      case RING -> "written pages are found by the dirty ring";
      case LOG -> "written pages are found by the dirty log (there is no dirty ring that works)";
      case NONE -> throw new IllegalStateException();
    };
  }
}
