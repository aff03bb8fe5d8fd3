package io.hyperlight.internal.machine;

import io.hyperlight.internal.hypervisor.DirtyTracker;
import io.hyperlight.internal.hypervisor.DirtyTrackers;
import io.hyperlight.internal.hypervisor.DirtyTracking;
import io.hyperlight.internal.machine.arch.Architecture;
import io.hyperlight.internal.machine.arch.Exits;
import io.hyperlight.internal.machine.arch.MachineOptions;
import io.hyperlight.internal.machine.arch.Processor;
import io.hyperlight.internal.machine.arch.RestingState;
import io.hyperlight.internal.machine.arch.StoppedState;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.AddressSpaces;
import io.hyperlight.internal.machine.memory.GuestMemoryExhaustedException;
import io.hyperlight.internal.machine.memory.PhysicalMemory;
import io.hyperlight.internal.os.Unchecked;
import io.hyperlight.internal.restore.Restorable;
import io.hyperlight.internal.restore.RestoreOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One micro-VM: memory, an address space, a processor with its monitor and gate, and the contexts
 * that run on it. Only this class makes these parts. A VM with several processors gets a {@link
 * VcpuTeam} when it needs it.
 *
 * <p>Only one thread at a time may use it. It may be any thread.
 */
public final class Vm implements Restorable<MachineImage>, AutoCloseable {
  /** The parts of a machine, in the order in which they are restored. */
  static final RestoreOrder<Vm, MachineImage> RESTORE_ORDER =
      new RestoreOrder<Vm, MachineImage>()
          .add("registers", (vm, _) -> vm.processor.restore())
          // The next restore has to know of all writes of the host from here on.
          .add("memory", (vm, _) -> vm.memory.restore())
          .add("address spaces", Vm::restoreAddressSpaces)
          // In every image the gate makes exits. This comes after the memory, which has the gate.
          .add("transport", (vm, _) -> vm.context.transport().restore())
          // After the registers, some of which this replaces.
          .add("stopped code", Vm::restoreStoppedCode);

  /** The minimum size of memory, in bytes. It holds the monitor, the gate and their tables. */
  static final long MINIMUM_MEMORY = 32L * PhysicalMemory.PAGE_SIZE;

  /**
   * The maximum size of memory, in bytes. Above it, below 4 GiB, are KVM's own pages and those of
   * the APIC.
   */
  public static final long MAXIMUM_MEMORY = 3L << 30;

  private final Architecture kind;
  private final PhysicalMemory memory;
  private final AddressSpaces addressSpaces;

  private final long exceptionStackTop;
  private final Processor processor;
  private final Vcpu vcpu;
  private final Context context;
  private final Contexts contexts;
  private final @Nullable MachineImage image;
  private final long components;
  private final CurrentCall call = new CurrentCall();
  private final int processors;

  /** The further vCPUs, once there are any. */
  private @Nullable VcpuTeam team;

  /**
   * Makes a machine with empty user memory, or one that equals an image. If this fails, only the
   * memory is left. {@link #of} closes it then.
   */
  private Vm(
      Architecture kind,
      PhysicalMemory memory,
      @Nullable MachineImage image,
      MachineOptions options,
      DirtyTracking tracking) {
    this.kind = kind;
    this.memory = memory;
    this.image = image;
    components = image == null ? kind.components() : image.components();
    processors = options.processors();
    if (image == null) {
      addressSpaces = new AddressSpaces(memory, call);
      exceptionStackTop = kind.installMonitor(memory, addressSpaces.first().tables());
    } else {
      MachineImage.MemoryLayout layout = image.layout();
      addressSpaces = new AddressSpaces(memory, layout.addressSpaces(), call);
      exceptionStackTop = layout.exceptionStackTop();
    }
    AddressSpace addressSpace = spaceOf(image);
    processor =
        kind.createProcessor(memory, addressSpace.tables().root(), components, options, tracking);
    try {
      DirtyTracker tracker = processor.tracker();
      if (tracker != null) {
        memory.trackBy(tracker);
      }
      Exits exits = processor.exits(memory, exceptionStackTop);
      vcpu =
          new Vcpu(
              0, processor, new VcpuRunner(processor, exits, memory, call, options.exitless()));
      context =
          new Context(
              memory,
              addressSpace,
              vcpu,
              call,
              processor.newContext(),
              0,
              kind.gate(),
              image == null ? kind.initialState() : image.userState());
      contexts = new Contexts(kind, vcpu, context);
      context.belongTo(contexts);
      context.beginAlone();
      if (image != null) {
        begin(image);
      }
    } catch (Throwable t) {
      processor.close();
      throw t;
    }
  }

  /** Returns on how many vCPUs threads of the guest run at the same time. */
  public int processors() {
    return processors;
  }

  /**
   * Returns the vCPUs on which threads of the guest run at the same time. The first call makes
   * them.
   *
   * @return null if the machine has one processor, or too little memory is left
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if the hypervisor fails
   */
  public @Nullable VcpuTeam team() {
    VcpuTeam made = team;
    if (processors > 1 && made == null) {
      made = makeTeam();
    }
    return made != null && made.mapPages(addressSpace()) ? made : null;
  }

  private VcpuTeam makeTeam() {
    // An array: a list might have no room for a vCPU that exists.
    @Nullable Vcpu[] further = new Vcpu[processors];
    List<DirtyTracker> trackers = new ArrayList<>();
    try {
      DirtyTracker first = processor.tracker();
      if (first != null) {
        trackers.add(first);
      }
      for (int number = 1; number <= processors; number++) {
        Vcpu next = makeVcpu(number, processor.further(number));
        further[number - 1] = next;
        DirtyTracker tracker = next.processor().tracker();
        if (tracker != null) {
          trackers.add(tracker);
        }
      }
      List<Vcpu> all = new ArrayList<>();
      for (Vcpu each : further) {
        all.add(Objects.requireNonNull(each));
      }
      VcpuTeam made = new VcpuTeam(call, all, vcpu.runner().kicker());
      if (first != null) {
        memory.trackBy(new DirtyTrackers(trackers));
      }
      contexts.useFurther(made.vcpus());
      vcpu.runner().kicker().useFurther(made::usedNanos);
      team = made; // last, since nothing may fail once its vCPUs are closed with it
      return made;
    } catch (Throwable t) {
      for (int i = 0; i < further.length; i++) {
        Vcpu each = further[i];
        if (each != null) {
          each.processor().close();
        }
      }
      throw t;
    }
  }

  private Vcpu makeVcpu(int number, Processor further) {
    try {
      Exits exits = further.exits(memory, 0); // its stack is mapped later
      return new Vcpu(number, further, new VcpuRunner(further, exits, memory, call, false));
    } catch (Throwable t) {
      further.close();
      throw t;
    }
  }

  /** Makes a machine and takes over the memory. If this fails, the memory is closed. */
  private static Vm of(
      Architecture kind,
      PhysicalMemory memory,
      @Nullable MachineImage image,
      MachineOptions options,
      DirtyTracking tracking) {
    try {
      return new Vm(kind, memory, image, options, tracking);
    } catch (Throwable t) {
      memory.close();
      throw t;
    }
  }

  /** Returns the address space in which the context of an image runs. */
  private AddressSpace spaceOf(@Nullable MachineImage of) {
    return of == null ? addressSpaces.first() : addressSpaces.all().get(of.layout().current());
  }

  private void begin(MachineImage from) {
    context.setFrame(from.layout().frame());
    if (!from.contexts().isEmpty()) {
      contexts.restore(from.contexts());
    }
    StoppedState stopped = from.stopped();
    if (stopped != null) {
      context.stop(stopped);
    }
  }

  /**
   * Creates a machine with empty user memory. It cannot be restored.
   *
   * @param memorySizeBytes size of the whole guest-physical memory, a multiple of the page size
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if KVM fails; nothing is left
   *     behind
   * @throws GuestMemoryExhaustedException if the memory does not even hold the monitor
   */
  static Vm create(Architecture kind, long memorySizeBytes, MachineOptions options) {
    return of(kind, new PhysicalMemory(memorySizeBytes), null, options, DirtyTracking.NONE);
  }

  /**
   * Creates a machine that equals the frozen one, and can be restored to the image.
   *
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if KVM fails; nothing is left
   *     behind
   * @throws ImageClosedException if the image is closed
   */
  static Vm spawn(MachineImage image, MachineOptions options, DirtyTracking tracking) {
    return of(image.kind(), new PhysicalMemory(image.retainMemory()), image, options, tracking);
  }

  /**
   * Freezes the machine. Each of its contexts rests between two calls, stands at a system call
   * without an answer, or was stopped by a kick. It can go on afterwards.
   *
   * <p>A guest without exits may have left the VM after it said that a call was over. The image has
   * the memory of that moment. The next run of the machine handles the exit.
   *
   * <p>Machines that are spawned from an image at a system call stand there, too. Their registers
   * can be read and set, and {@link Context#resume} lets them go on.
   *
   * @return the image, which the caller closes
   * @throws IllegalStateException if the guest has trapped or runs, so that it stands at no such
   *     point
   * @throws io.hyperlight.internal.os.SystemCallException if the host has no room for the image
   */
  public MachineImage freeze() {
    context.halt();
    if (team != null) {
      team.unmapPages(addressSpace());
    }
    boolean inCall =
        context.state() == Context.State.WAITING || context.state() == Context.State.IN_SYSTEM_CALL;
    if (!contexts.isSingle() || context.isResumable()) {
      return freezeSeveral();
    } else if (inCall) {
      return freeze(kind.initialState(), context.stoppedState(), ContextImages.NONE);
    }
    RestingState state = context.userState();
    state.putInto(addressSpace());
    return freeze(state, null, ContextImages.NONE);
  }

  private MachineImage freezeSeveral() {
    ContextImages several = contexts.freeze();
    if (several.main().place() != ContextImage.Place.AT_REST) {
      return freeze(kind.initialState(), null, several);
    }
    RestingState state = context.userState();
    state.putInto(addressSpace());
    return freeze(state, null, several);
  }

  private MachineImage freeze(
      RestingState state, @Nullable StoppedState stopped, ContextImages several) {
    MachineImage frozen;
    context.transport().beforeFreeze();
    try {
      frozen = freezeAsIs(state, stopped, several);
    } catch (Throwable t) {
      context.transport().afterFreeze();
      throw t;
    }
    try {
      context.transport().afterFreeze();
    } catch (Throwable t) {
      frozen.close();
      throw t;
    }
    return frozen;
  }

  private MachineImage freezeAsIs(
      RestingState state, @Nullable StoppedState stopped, ContextImages several) {
    MachineImage.MemoryLayout layout =
        new MachineImage.MemoryLayout(
            exceptionStackTop,
            addressSpaces.mappings(),
            addressSpaces.all().indexOf(addressSpace()),
            context.frame());
    // Java allocates this object before the memory is frozen, so a full heap cannot leak the frozen
    // memory.
    return new MachineImage(
        kind,
        memory.freeze(addressSpaces.roots()),
        memorySizeBytes(),
        layout,
        state,
        components,
        null,
        stopped,
        several);
  }

  /**
   * Makes the machine equal to one that was just spawned from the image, whatever its guest has
   * done.
   *
   * @return false if that is not possible: the machine was not spawned from this image, or the
   *     state of its processor is unknown; then it is unchanged, and the caller uses a new machine
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if the hypervisor fails; the
   *     machine is unusable then
   */
  public boolean restoreTo(MachineImage to) {
    if (!canBeRestored(to)) {
      return false;
    }
    restore(to);
    restored(to);
    return true;
  }

  /**
   * Returns whether the machine can be restored to an image. If so, nothing of it runs from here
   * on.
   *
   * @return false if the machine was not spawned from this image, or the state of its processor or
   *     its memory is unknown; then the caller uses a new machine
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if the hypervisor fails
   */
  public boolean canBeRestored(MachineImage to) {
    return image == to
        && memory.canBeRestored()
        && context.canBeRestored()
        && (team == null || team.isWhole());
  }

  /**
   * {@inheritDoc}
   *
   * <p>{@link #canBeRestored} has returned true. The machine is unusable until the rest of the
   * sandbox is restored, too, and {@link #restored} is called.
   */
  @Override
  public void restore(MachineImage to) {
    context.restoreBegins();
    RESTORE_ORDER.restore(this, to);
    context.restoreOfVmEnds();
  }

  /** Records that everything that belongs to the guest is restored. */
  public void restored(MachineImage to) {
    context.restored(to.mainPlace());
  }

  private void restoreAddressSpaces(MachineImage to) {
    addressSpaces.restore(to.layout().addressSpaces());
    context.restoreAddressSpace(spaceOf(to));
  }

  private void restoreStoppedCode(MachineImage to) {
    vcpu.entry().restore();
    if (team != null) {
      team.restore();
    }
    contexts.restore(to.contexts());
    StoppedState stopped = to.stopped();
    if (stopped != null) {
      processor.stop(stopped);
    }
  }

  /** Returns all memory, the monitor's included. */
  PhysicalMemory memory() {
    return memory;
  }

  /** Returns the size of the whole guest-physical memory, in bytes. */
  public long memorySizeBytes() {
    return memory.sizeBytes();
  }

  /** Returns the maximum of memory that was in use, in bytes, the monitor's included. */
  public long peakMemoryBytes() {
    return memory.usedBytes();
  }

  Processor processor() {
    return processor;
  }

  VcpuRunner runner() {
    return vcpu.runner();
  }

  /** Returns the tracker that knows what the guest of a spawned machine writes. */
  DirtyTracker tracker() {
    return Objects.requireNonNull(processor.tracker());
  }

  /** Returns all address spaces. The context runs in one of them. */
  AddressSpaces addressSpaces() {
    return addressSpaces;
  }

  /** Returns the user memory in which the context runs. */
  public AddressSpace addressSpace() {
    return context.addressSpace();
  }

  /** Returns the main thread of the guest, which makes its calls. */
  public Context context() {
    return context;
  }

  /** Returns all threads of the guest, in the order of their numbers. */
  public List<Context> contexts() {
    return contexts.all();
  }

  /**
   * Returns the thread of the guest with a number.
   *
   * @throws IllegalArgumentException if there is none
   */
  public Context context(int number) {
    Context context = contexts.get(number);
    if (context == null) {
      throw new IllegalArgumentException("the guest has no thread " + number);
    }
    return context;
  }

  /** Returns how many threads the guest can have at a time. */
  public int maximumContexts() {
    return kind.maximumContexts();
  }

  /**
   * Maps gate and information page.
   *
   * @param frameAddress where the call frame is, within one mapped writable page
   */
  public void installGate(long frameAddress) {
    kind.installGate(addressSpace(), frameAddress);
    context.setFrame(frameAddress);
  }

  /** Maps the vDSO of a program. */
  public void installVdso() {
    kind.installVdso(addressSpace());
  }

  /** Returns what writes the numbers of a vDSO that is installed. */
  public Vdso vdso() {
    return new Vdso(kind, processor.vcpu(), memory, this::addressSpace, processors);
  }

  /** Sets the object for the calls that the machine runs from now on. */
  public void runFor(Call call) {
    if (team != null) {
      team.forgetCalls();
    }
    vcpu.runner().runFor(call);
  }

  /** Closes vCPU and VM and unmaps all memory. A second call does nothing. */
  @Override
  public void close() {
    // No try-with-resources: the JVM has a single error object for a full heap, and an error cannot
    // suppress itself. The failure would leave the rest open.
    contexts.close();
    context.close(); // first of all: otherwise the guest would run on in freed memory
    try {
      closeFurther();
    } finally {
      try {
        processor.close();
      } finally {
        memory.close();
      }
    }
  }

  private void closeFurther() {
    VcpuTeam made = team;
    if (made == null) {
      return;
    }
    made.close();
    Throwable failure = null;
    for (int i = 0; i < made.size(); i++) {
      try {
        made.vcpus().get(i).processor().close();
      } catch (RuntimeException | Error e) {
        failure = e;
      }
    }
    Unchecked.rethrowIfAny(failure);
  }
}
