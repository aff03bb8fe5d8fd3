package io.hyperlight.guest;

import io.hyperlight.linux.SystemCalls;
import io.hyperlight.vm.AddressSpace;
import io.hyperlight.vm.Gate;
import io.hyperlight.vm.Hypervisor;
import io.hyperlight.vm.Machine;
import io.hyperlight.vm.Protection;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A machine with a program in its memory, and everything outside the machine that belongs to its
 * state: the window, and what answers its system calls.
 */
final class LoadedProgram implements AutoCloseable {
  static final int INFORMATION_SIZE = 32;

  private final Program program;
  private final Machine machine;
  private final GuestLayout layout;
  private final Window window;
  private final Hypercalls hypercalls;
  private final List<@Nullable HostBinding> bindings;
  private final GuestOutput output;

  private LoadedProgram(
      Program program,
      Machine machine,
      GuestLayout layout,
      long windowEnd,
      List<@Nullable HostBinding> bindings,
      GuestOutput output) {
    this.program = program;
    this.machine = machine;
    this.layout = layout;
    this.bindings = bindings;
    this.output = output;
    long memoryBytes = machine.memorySizeBytes();
    AddressSpace space = machine.addressSpace();
    window = new Window(space, layout.window(), layout.window() + memoryBytes, windowEnd);
    SystemCalls systemCalls = new SystemCalls(space, layout.heap(), layout.end(), output::print);
    hypercalls = new Hypercalls(machine, window, bindings, systemCalls, output, memoryBytes);
  }

  /**
   * Loads a program into a new machine.
   *
   * @throws GuestFormatException if the program is linked where it cannot be loaded
   * @throws io.hyperlight.vm.GuestMemoryExhaustedException if it needs more memory than configured
   * @throws io.hyperlight.kvm.KvmException if KVM fails
   */
  static LoadedProgram load(Instance.Configuration configuration) {
    Program program = configuration.program();
    GuestLayout layout =
        GuestLayout.of(program, configuration.stackBytes(), configuration.memoryBytes());
    Machine machine = Machine.create(Hypervisor.get(), configuration.memoryBytes());
    try {
      AddressSpace space = machine.addressSpace();
      for (ElfSegment segment : program.segments()) {
        map(segment, space);
        loadContents(segment, space);
      }
      space.map(layout.stack(), configuration.stackBytes(), Protection.READ_WRITE);
      machine.installGate(layout.frame());
      writeInformation(space, layout);
      LoadedProgram loaded =
          new LoadedProgram(
              program,
              machine,
              layout,
              layout.window(),
              configuration.bindings(),
              configuration.output());
      loaded.window.reserveInitial();
      return loaded;
    } catch (Throwable t) {
      machine.close();
      throw t;
    }
  }

  static void map(ElfSegment segment, AddressSpace space) {
    long start = ElfFile.pageStart(segment);
    space.map(start, ElfFile.pageEnd(segment) - start, segment.protection());
  }

  static void loadContents(ElfSegment segment, AddressSpace space) {
    byte[] contents = segment.contents().array();
    space.initialise(segment.address(), contents, 0, contents.length);
  }

  static void writeInformation(AddressSpace space, GuestLayout layout) {
    byte[] information =
        ByteBuffer.allocate(INFORMATION_SIZE)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(FunctionTable.ABI_VERSION)
            .putInt(0)
            .putLong(layout.frame())
            .putLong(layout.window())
            .putLong(layout.heap())
            .array();
    space.initialise(Gate.INFORMATION, information, 0, information.length);
  }

  /**
   * Makes a new machine that equals the one that was frozen.
   *
   * @param bindings by import number
   * @throws io.hyperlight.kvm.KvmException if KVM fails
   * @throws io.hyperlight.vm.ImageClosedException if the image is closed
   */
  static LoadedProgram spawn(
      InstanceImage image, List<@Nullable HostBinding> bindings, GuestOutput output) {
    Machine machine = Machine.spawn(Hypervisor.get(), image.machine());
    try {
      LoadedProgram spawned =
          new LoadedProgram(
              image.program(), machine, image.layout(), image.windowEnd(), bindings, output);
      spawned.hypercalls.restore(image.systemCalls());
      return spawned;
    } catch (Throwable t) {
      machine.close();
      throw t;
    }
  }

  /** Freezes it as it is between two calls. */
  InstanceImage freeze() {
    return new InstanceImage(
        program,
        machine.freeze(),
        layout,
        window.mappedEnd(),
        hypercalls.state(),
        bindings,
        output);
  }

  /**
   * Goes back to an image of the same program, in place if possible. Host functions and output stay
   * what they are.
   *
   * @return this, or what takes its place; this is closed then
   * @throws io.hyperlight.kvm.KvmException if KVM fails; if the machine is lost then, nothing but
   *     another restore is possible
   * @throws io.hyperlight.vm.ImageClosedException if a new machine is needed and the image is
   *     closed; nothing is changed then
   */
  LoadedProgram restore(InstanceImage image) {
    if (machine.restore(image.machine())) {
      window.restore(image.windowEnd());
      hypercalls.restore(image.systemCalls());
      return this;
    }
    LoadedProgram replacement = spawn(image, bindings, output);
    try {
      close();
    } catch (Throwable t) {
      replacement.close();
      throw t;
    }
    return replacement;
  }

  Program program() {
    return program;
  }

  Machine machine() {
    return machine;
  }

  GuestLayout layout() {
    return layout;
  }

  Window window() {
    return window;
  }

  Hypercalls hypercalls() {
    return hypercalls;
  }

  /** Frees the machine. A second call does nothing. */
  @Override
  public void close() {
    machine.close();
  }
}
