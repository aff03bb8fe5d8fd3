package io.hyperlight.guest;

import io.hyperlight.linux.SystemCalls;
import io.hyperlight.vm.AddressSpace;
import io.hyperlight.vm.Gate;
import io.hyperlight.vm.Hypervisor;
import io.hyperlight.vm.Machine;
import io.hyperlight.vm.Protection;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

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
  private final SystemCalls systemCalls;
  private final Hypercalls hypercalls;
  private final Surroundings surroundings;
  private long stackPointer;

  private LoadedProgram(
      Program program,
      Machine machine,
      GuestLayout layout,
      long windowEnd,
      Surroundings surroundings) {
    this.program = program;
    this.machine = machine;
    this.layout = layout;
    this.surroundings = surroundings;
    long memoryBytes = machine.memorySizeBytes();
    AddressSpace space = machine.addressSpace();
    window = new Window(space, layout.window(), layout.window() + memoryBytes, windowEnd);
    GuestOutput output = surroundings.output();
    systemCalls = new SystemCalls(machine, layout.ranges(), output::print, surroundings.settings());
    hypercalls =
        new Hypercalls(machine, window, surroundings.bindings(), systemCalls, output, memoryBytes);
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
    Machine machine =
        Machine.create(
            Hypervisor.get(),
            configuration.memoryBytes(),
            configuration.surroundings().settings().machine());
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
              program, machine, layout, layout.window(), configuration.surroundings());
      loaded.window.reserveInitial();
      if (program.startsItself()) {
        loaded.writeProgramStack();
      }
      return loaded;
    } catch (Throwable t) {
      machine.close();
      throw t;
    }
  }

  private void writeProgramStack() {
    AddressSpace space = machine.addressSpace();
    space.map(
        layout.programStack(),
        layout.programStackEnd() - layout.programStack(),
        Protection.READ_WRITE);
    stackPointer =
        ProgramStack.write(
            space,
            program,
            layout.programStackEnd(),
            systemCalls.randomBytes(ProgramStack.RANDOM_BYTES));
  }

  /** Where the stack of a program begins that starts itself; 0 once it has started. */
  long stackPointer() {
    return stackPointer;
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
   * @throws io.hyperlight.kvm.KvmException if KVM fails
   * @throws io.hyperlight.vm.ImageClosedException if the image is closed
   */
  static LoadedProgram spawn(InstanceImage image, Surroundings surroundings) {
    Machine machine =
        Machine.spawn(Hypervisor.get(), image.machine(), surroundings.settings().machine());
    try {
      LoadedProgram spawned =
          new LoadedProgram(
              image.program(), machine, image.layout(), image.windowEnd(), surroundings);
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
        program, machine.freeze(), layout, window.mappedEnd(), hypercalls.state(), surroundings);
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
    LoadedProgram replacement = spawn(image, surroundings);
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
