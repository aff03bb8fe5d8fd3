package io.hyperlight.internal.call;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.hyperlight.internal.abi.GuestAbi;
import io.hyperlight.internal.abi.Text;
import io.hyperlight.internal.linux.LinuxState;
import io.hyperlight.internal.linux.Settings;
import io.hyperlight.internal.linux.SystemCalls;
import io.hyperlight.internal.linux.limits.CallBudget;
import io.hyperlight.internal.loader.ElfFile;
import io.hyperlight.internal.loader.ElfSegment;
import io.hyperlight.internal.loader.GuestFormatException;
import io.hyperlight.internal.loader.GuestLayout;
import io.hyperlight.internal.loader.GuestProgram;
import io.hyperlight.internal.loader.Invocation;
import io.hyperlight.internal.loader.ProgramContent;
import io.hyperlight.internal.loader.ProgramLoader;
import io.hyperlight.internal.loader.ProgramStack;
import io.hyperlight.internal.machine.Context;
import io.hyperlight.internal.machine.Platform;
import io.hyperlight.internal.machine.Vm;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.Protection;
import io.hyperlight.internal.restore.RestoreOrder;
import io.hyperlight.internal.vfs.FileException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A machine with a program in its memory, and the state that belongs to it outside the machine: the
 * window, and the state of its system calls.
 */
public final class LoadedProgram implements AutoCloseable {
  /** Everything that a restore changes, in the order in which it does so. */
  static final RestoreOrder<LoadedProgram, InstanceImage> RESTORE_ORDER =
      new RestoreOrder<LoadedProgram, InstanceImage>()
          // First: if anything else fails, the machine already has the state of the image.
          .add("machine", (program, image) -> program.machine.restore(image.machine()))
          .add("window", (program, image) -> program.window.restore(image.windowEnd()))
          .add("system calls", (program, image) -> program.systemCalls.restore(image.systemCalls()))
          .add("requests", (program, _) -> program.endRequest())
          // Last: from here on calls are possible.
          .add("context", (program, image) -> program.machine.restored(image.machine()));

  private static final int LARGEST_INTERPRETER = 16 << 20;

  /** The maximum length of an interpreter's path in messages, in bytes. Longer ones are cut. */
  private static final int LONGEST_SHOWN_PATH = 256;

  private final Platform platform;
  private final GuestProgram program;
  private final Vm machine;

  /** The machine's context. It is kept here because every step of a call needs it. */
  private final Context context;

  private final GuestLayout layout;
  private final Window window;
  private final SystemCalls systemCalls;
  private final Hypercalls hypercalls;

  /** Null unless the program is a served program. */
  private final @Nullable RequestStream requestStream;

  private final CallBudget budget;
  private final Embedding embedding;

  /**
   * Where a program that starts by itself begins: at its own entry point, or at its interpreter's.
   */
  private long entry;

  private long stackPointer;

  private LoadedProgram(
      Platform platform,
      GuestProgram program,
      Vm machine,
      GuestLayout layout,
      long windowEnd,
      Embedding embedding) {
    this.platform = platform;
    this.program = program;
    this.machine = machine;
    context = machine.context();
    this.layout = layout;
    this.embedding = embedding;
    long memoryBytes = machine.memorySizeBytes();
    AddressSpace space = machine.addressSpace();
    window = new Window(space, layout.window(), layout.window() + memoryBytes, windowEnd);
    GuestOutput output = embedding.output();
    Settings settings = embedding.settings();
    RequestStream requests = settings.input() == null ? new RequestStream() : null;
    requestStream = requests;
    budget = new CallBudget(settings.limits());
    systemCalls =
        new SystemCalls(
            context,
            machine::context,
            layout.startsItself() ? machine.vdso() : null,
            layout.ranges(),
            this::print,
            requests == null ? settings : settings.withInput(requests),
            budget);
    try {
      hypercalls =
          new Hypercalls(
              context, window, embedding.bindings(), systemCalls, output, memoryBytes, budget);
      sayWhatIsMapped();
    } catch (Throwable t) {
      systemCalls.close();
      throw t;
    }
  }

  private void sayWhatIsMapped() {
    ProgramContent content = ProgramContent.relocated(program);
    for (ElfSegment segment : program.segments()) {
      if (segment.isMappable()) {
        systemCalls.programMapped(
            segment.pageStart(),
            segment.contentsEnd(),
            segment.protection(),
            content,
            segment.fileOffset() & -GuestAbi.PAGE_SIZE);
      }
    }
    systemCalls.programLoaded(ProgramContent.of(program));
  }

  private void print(byte[] bytes, boolean error) {
    if (requestStream != null && requestStream.isOpen() && !error) {
      requestStream.write(bytes);
    } else {
      embedding.output().print(bytes, error);
    }
  }

  /**
   * Loads a program into a new machine.
   *
   * @throws GuestFormatException if the program is linked where it cannot be loaded
   * @throws io.hyperlight.internal.machine.memory.GuestMemoryExhaustedException if the program
   *     needs more memory than configured
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if KVM fails
   */
  static LoadedProgram load(Platform platform, InstanceConfiguration configuration) {
    GuestProgram program = configuration.program();
    GuestLayout layout =
        GuestLayout.of(program, configuration.stackBytes(), configuration.memoryBytes());
    Vm machine =
        platform.create(
            configuration.memoryBytes(), configuration.embedding().settings().machine());
    try {
      AddressSpace space = machine.addressSpace();
      for (ElfSegment segment : program.segments()) {
        ProgramLoader.map(segment, space);
        ProgramLoader.loadContents(segment, space);
      }
      space.map(layout.stack(), layout.stackEnd() - layout.stack(), Protection.READ_WRITE);
      machine.installGate(layout.frame());
      ProgramLoader.writeInformation(space, layout);
      LoadedProgram loaded =
          new LoadedProgram(
              platform, program, machine, layout, layout.window(), configuration.embedding());
      loaded.prepare(configuration.invocation());
      return loaded;
    } catch (Throwable t) {
      machine.close();
      throw t;
    }
  }

  /** Prepares the start of the program. */
  private void prepare(Invocation invocation) {
    try {
      if (!program.isWhole()) {
        window.reserveInitial();
      }
      if (program.startsItself()) {
        prepareStart(invocation);
      }
    } catch (Throwable t) {
      systemCalls.close(); // the machine is not closed here
      throw t;
    }
  }

  private void prepareStart(Invocation invocation) {
    AddressSpace space = machine.addressSpace();
    machine.installVdso();
    space.map(
        layout.programStack(),
        layout.programStackEnd() - layout.programStack(),
        Protection.READ_WRITE);
    String interpreter = program.interpreter();
    long base = 0;
    entry = program.entry();
    if (interpreter != null) {
      base = layout.ranges().freeStart();
      entry = loadInterpreter(interpreter, base);
    }
    stackPointer =
        ProgramStack.write(
            space,
            program,
            invocation,
            layout,
            base,
            systemCalls.randomBytes(ProgramStack.RANDOM_BYTES));
    systemCalls.programBegins(ProgramStack.auxiliary(stackPointer, invocation));
  }

  /**
   * Loads the program's interpreter from the files that the guest sees.
   *
   * @return the address where it begins
   */
  private long loadInterpreter(String path, long base) {
    String shown = Text.toName(path, LONGEST_SHOWN_PATH);
    String bytes =
        new String(path.getBytes(UTF_8), ISO_8859_1); // file systems have paths in this form
    try {
      ElfFile interpreter =
          ElfFile.interpreter(systemCalls.readFile(bytes, LARGEST_INTERPRETER), base);
      interpreter.segments().forEach(segment -> mapInterpreter(segment, bytes));
      return interpreter.entry();
    } catch (FileException e) {
      throw new GuestFormatException(
          "it is loaded by %s, which cannot be read among its files (%s): mount the directory that has it, and those of its libraries"
              .formatted(shown, e.getMessage()));
    } catch (GuestFormatException e) {
      throw new GuestFormatException("it is loaded by " + shown + ", which is " + e.getMessage());
    }
  }

  private void mapInterpreter(ElfSegment segment, String path) {
    ProgramLoader.map(segment, machine.addressSpace());
    ProgramLoader.loadContents(segment, machine.addressSpace());
    if (segment.isMappable()) {
      systemCalls.fileMapped(
          segment.pageStart(),
          segment.contentsEnd(),
          segment.protection(),
          path,
          segment.fileOffset() & -GuestAbi.PAGE_SIZE);
    }
  }

  /** Returns where a program that starts by itself begins; 0 once it has started. */
  long entry() {
    return entry;
  }

  /**
   * Returns the initial stack pointer of a program that starts by itself; 0 once it has started.
   */
  long stackPointer() {
    return stackPointer;
  }

  /**
   * Makes a new machine that equals the one that was frozen.
   *
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if KVM fails
   * @throws io.hyperlight.internal.machine.ImageClosedException if the image is closed
   */
  static LoadedProgram spawn(InstanceImage image, Embedding embedding) {
    Vm machine = image.platform().spawn(image.machine(), embedding.settings().machine());
    try {
      LoadedProgram spawned =
          new LoadedProgram(
              image.platform(),
              image.program(),
              machine,
              image.layout(),
              image.windowEnd(),
              embedding.withProgramOf(image.embedding()));
      spawned.restoreSystemCalls(image.systemCalls());
      return spawned;
    } catch (Throwable t) {
      machine.close();
      throw t;
    }
  }

  /** Restores the system calls of a new program. If that fails, the program is closed. */
  private void restoreSystemCalls(LinuxState earlier) {
    try {
      earlier.retain();
      try {
        systemCalls.restore(earlier);
      } finally {
        earlier.release();
      }
    } catch (Throwable t) {
      systemCalls.close(); // the machine is not closed here
      throw t;
    }
  }

  /** Freezes the program as it is: between two calls, or where it waits for input. */
  InstanceImage freeze() {
    LinuxState state = hypercalls.state();
    try {
      return new InstanceImage(
          platform, program, machine.freeze(), layout, window.mappedEnd(), state, embedding);
    } catch (Throwable t) {
      state.close();
      throw t;
    }
  }

  /**
   * Restores an image of the same program, in place if possible. Host functions and output do not
   * change.
   *
   * @return this program, or its replacement; in the second case this one is closed
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if KVM fails; if the machine
   *     is lost, only another restore is possible
   * @throws io.hyperlight.internal.machine.ImageClosedException if the image is closed, and a new
   *     machine is needed or files were open; nothing has changed then
   */
  LoadedProgram restore(InstanceImage image) {
    // First: the image may be closed, and what it holds with it.
    image.systemCalls().retain();
    try {
      if (machine.canBeRestored(image.machine())) {
        RESTORE_ORDER.restore(this, image);
        return this;
      }
    } finally {
      image.systemCalls().release();
    }
    LoadedProgram replacement = spawn(image, embedding);
    try {
      close();
    } catch (Throwable t) {
      replacement.close();
      throw t;
    }
    return replacement;
  }

  private void endRequest() {
    if (requestStream != null) {
      requestStream.end();
    }
  }

  GuestProgram program() {
    return program;
  }

  Vm machine() {
    return machine;
  }

  Context context() {
    return context;
  }

  GuestLayout layout() {
    return layout;
  }

  Window window() {
    return window;
  }

  /** Returns what the running call may still use. */
  CallBudget budget() {
    return budget;
  }

  /** Returns the requests and answers of a served program. */
  RequestStream requestStream() {
    return Objects.requireNonNull(requestStream);
  }

  SystemCalls systemCalls() {
    return systemCalls;
  }

  Hypercalls hypercalls() {
    return hypercalls;
  }

  /** Frees the machine and what the program's files hold. A second call does nothing. */
  @Override
  public void close() {
    try {
      machine.close();
    } finally {
      systemCalls.close();
    }
  }
}
