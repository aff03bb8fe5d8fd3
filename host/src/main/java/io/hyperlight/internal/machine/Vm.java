package io.hyperlight.internal.machine;

import io.hyperlight.internal.hypervisor.DirtyTracker;
import io.hyperlight.internal.hypervisor.DirtyTracking;
import io.hyperlight.internal.machine.arch.Architecture;
import io.hyperlight.internal.machine.arch.Exits;
import io.hyperlight.internal.machine.arch.GuestEntry;
import io.hyperlight.internal.machine.arch.MachineOptions;
import io.hyperlight.internal.machine.arch.Processor;
import io.hyperlight.internal.machine.arch.RestingState;
import io.hyperlight.internal.machine.arch.StoppedState;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.AddressSpaces;
import io.hyperlight.internal.machine.memory.GuestMemoryExhaustedException;
import io.hyperlight.internal.machine.memory.PhysicalMemory;
import io.hyperlight.internal.restore.Restorable;
import io.hyperlight.internal.restore.RestoreOrder;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One micro-VM: memory, an address space, a processor with its monitor and gate, and the context
 * that runs on it. This is the one place that makes these, and knows that there is one of each.
 *
 * <p>For one thread at a time, any thread.
 */
public final class Vm implements Restorable<MachineImage>, AutoCloseable {
  /** The parts of a machine, in the order in which they are restored. */
  static final RestoreOrder<Vm, MachineImage> RESTORE_ORDER =
      new RestoreOrder<Vm, MachineImage>()
          .add("registers", (vm, _) -> vm.processor.restore())
          // Of the host's own writes from here on, the next restore has to know.
          .add("memory", (vm, _) -> vm.memory.restore())
          .add("address spaces", Vm::restoreAddressSpaces)
          // In every image the gate makes exits: behind the memory, which has the gate.
          .add("transport", (vm, _) -> vm.context.transport().restore())
          // Behind the registers, which it replaces.
          .add("stopped code", Vm::restoreStoppedCode);

  /** The least memory that holds the monitor, the gate and their tables. */
  static final long MINIMUM_MEMORY = 32L * PhysicalMemory.PAGE_SIZE;

  /** Where KVM keeps its own pages, and the APIC's, below 4 GiB. */
  public static final long MAXIMUM_MEMORY = 3L << 30;

  private final Architecture kind;
  private final PhysicalMemory memory;
  private final AddressSpaces addressSpaces;

  private final long exceptionStackTop;
  private final Processor processor;
  private final GuestEntry guestEntry;
  private final VcpuRunner runner;
  private final Context context;
  private final @Nullable MachineImage image;
  private final long components;

  /**
   * A machine with empty user memory, or one that equals an image. If this fails, only the memory
   * is left: {@link #of} closes it.
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
    CurrentCall call = new CurrentCall();
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
      runner = new VcpuRunner(processor, exits, memory, call, options.exitless());
      guestEntry = processor.entry();
      context =
          new Context(
              memory,
              addressSpace,
              processor,
              runner,
              call,
              guestEntry,
              processor.userRegisters(),
              kind.gate(),
              image == null ? kind.initialState() : image.userState());
      if (image != null) {
        begin(image);
      }
    } catch (Throwable t) {
      processor.close();
      throw t;
    }
  }

  /** Takes over the memory, which is closed if this fails. */
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

  /** The address space that the context of an image runs in. */
  private AddressSpace spaceOf(@Nullable MachineImage of) {
    return of == null ? addressSpaces.first() : addressSpaces.all().get(of.layout().current());
  }

  private void begin(MachineImage from) {
    context.setFrame(from.layout().frame());
    StoppedState stopped = from.stopped();
    if (stopped != null) {
      context.stop(stopped);
    }
  }

  /**
   * Creates a machine with empty user memory. It cannot go back to an image.
   *
   * @param memorySizeBytes guest-physical memory in all, a multiple of the page size
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if KVM fails; nothing is left
   *     behind
   * @throws GuestMemoryExhaustedException if the memory does not even hold the monitor
   */
  static Vm create(Architecture kind, long memorySizeBytes, MachineOptions options) {
    return of(kind, new PhysicalMemory(memorySizeBytes), null, options, DirtyTracking.NONE);
  }

  /**
   * Creates a machine that equals the one that was frozen, and can go back to it.
   *
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if KVM fails; nothing is left
   *     behind
   * @throws ImageClosedException if the image is closed
   */
  static Vm spawn(MachineImage image, MachineOptions options, DirtyTracking tracking) {
    return of(image.kind(), new PhysicalMemory(image.retainMemory()), image, options, tracking);
  }

  /**
   * Freezes the machine as it rests between two calls, or as it stands at a system call that has
   * not been answered. It can go on afterwards.
   *
   * <p>A guest without exits may have left the VM since it said that a call was over. The image is
   * of the memory that it had; its next run looks at the exit.
   *
   * <p>Machines that come from an image at a system call stand there, too: their registers can be
   * read and set, and {@link Context#resume} lets them go on.
   *
   * @return the image, which the caller closes
   * @throws IllegalStateException if it stands nowhere: it has trapped, or runs
   * @throws io.hyperlight.internal.os.SystemCallException if the host has no room for the image
   */
  public MachineImage freeze() {
    context.halt();
    if (context.state() == Context.State.WAITING
        || context.state() == Context.State.IN_SYSTEM_CALL) {
      return freeze(kind.initialState(), context.stoppedState());
    }
    RestingState state = context.userState();
    state.putInto(addressSpace());
    return freeze(state, null);
  }

  private MachineImage freeze(RestingState state, @Nullable StoppedState stopped) {
    MachineImage frozen;
    context.transport().beforeFreeze();
    try {
      frozen = freezeAsIs(state, stopped);
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

  private MachineImage freezeAsIs(RestingState state, @Nullable StoppedState stopped) {
    MachineImage.MemoryLayout layout =
        new MachineImage.MemoryLayout(
            exceptionStackTop,
            addressSpaces.mappings(),
            addressSpaces.all().indexOf(addressSpace()),
            context.frame());
    return new MachineImage( // which is made before the memory is frozen
        kind,
        memory.freeze(addressSpaces.roots()),
        memorySizeBytes(),
        layout,
        state,
        components,
        null,
        stopped);
  }

  /**
   * Makes the machine equal to one that was spawned from the image just now, whatever its guest has
   * done.
   *
   * @return false if that is not possible, because it was not spawned from this image or its
   *     processor is in a state nobody knows: use a new one. It is then unchanged.
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if the hypervisor fails; the
   *     machine is of no use then
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
   * Whether the machine can be restored to an image. If so, nothing of it runs from here on.
   *
   * @return false if it was not spawned from this image, or its processor or its memory is in a
   *     state nobody knows: use a new one
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if the hypervisor fails
   */
  public boolean canBeRestored(MachineImage to) {
    return image == to && memory.canBeRestored() && context.canBeRestored();
  }

  /**
   * {@inheritDoc}
   *
   * <p>It {@linkplain #canBeRestored can be}. The machine is of no use before the rest of the
   * sandbox is restored, too, and somebody says so: {@link #restored}.
   */
  @Override
  public void restore(MachineImage to) {
    context.restoreBegins();
    RESTORE_ORDER.restore(this, to);
    context.restoreOfVmEnds();
  }

  /** Says that all that belongs to the guest is restored. */
  public void restored(MachineImage to) {
    context.restored(to.isAtSystemCall());
  }

  private void restoreAddressSpaces(MachineImage to) {
    addressSpaces.restore(to.layout().addressSpaces());
    context.restoreAddressSpace(spaceOf(to));
  }

  private void restoreStoppedCode(MachineImage to) {
    guestEntry.restore();
    StoppedState stopped = to.stopped();
    if (stopped != null) {
      processor.stop(stopped);
    }
  }

  /** All memory, the monitor's too. */
  PhysicalMemory memory() {
    return memory;
  }

  /** Guest-physical memory in all. */
  public long memorySizeBytes() {
    return memory.sizeBytes();
  }

  /** How much memory has been handed out at most, the monitor's included, in bytes. */
  public long mostMemoryBytes() {
    return memory.usedBytes();
  }

  Processor processor() {
    return processor;
  }

  VcpuRunner runner() {
    return runner;
  }

  /** Knows what the guest of a spawned machine writes. */
  DirtyTracker tracker() {
    return Objects.requireNonNull(processor.tracker());
  }

  /** All address spaces, of which the context runs in one. */
  AddressSpaces addressSpaces() {
    return addressSpaces;
  }

  /** The user memory that the context runs in. */
  public AddressSpace addressSpace() {
    return context.addressSpace();
  }

  /** The one thread of the guest. */
  public Context context() {
    return context;
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

  /** Says whose calls run from now on. */
  public void runFor(Call call) {
    runner.runFor(call);
  }

  /** Closes vCPU and VM and unmaps all memory. A second call does nothing. */
  @Override
  public void close() {
    // No try-with-resources: the JVM has one error for a full heap, which it cannot suppress in
    // itself, and would then leave the rest open.
    context.close(); // first of all: without it the guest would run on in what is freed
    try {
      processor.close();
    } finally {
      memory.close();
    }
  }
}
