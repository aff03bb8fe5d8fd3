package io.hyperlight.internal.call;

import io.hyperlight.internal.abi.CallFrame;
import io.hyperlight.internal.abi.Text;
import io.hyperlight.internal.call.Outcome.Ending;
import io.hyperlight.internal.hypervisor.HypervisorCallException;
import io.hyperlight.internal.linux.CallLimits;
import io.hyperlight.internal.linux.LimitPassedException;
import io.hyperlight.internal.loader.FunctionTable;
import io.hyperlight.internal.loader.GuestFormatException;
import io.hyperlight.internal.loader.GuestProgram;
import io.hyperlight.internal.loader.Invocation;
import io.hyperlight.internal.machine.Call;
import io.hyperlight.internal.machine.Context;
import io.hyperlight.internal.machine.ImageClosedException;
import io.hyperlight.internal.machine.Machine;
import io.hyperlight.internal.machine.Platform;
import io.hyperlight.internal.machine.Stop;
import io.hyperlight.internal.machine.arch.FaultKind;
import io.hyperlight.internal.machine.arch.RegisterValues;
import io.hyperlight.internal.machine.arch.Trap;
import io.hyperlight.internal.machine.memory.GuestAddressException;
import io.hyperlight.internal.machine.memory.GuestMemoryExhaustedException;
import io.hyperlight.internal.os.StackRoom;
import io.hyperlight.internal.os.StoppedException;
import io.hyperlight.internal.os.SystemCallException;
import io.hyperlight.internal.vfs.FileSystem;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A program loaded into a machine, and the calls into it.
 *
 * <p>A call goes through a generated stub ({@link CallStubs}) in five steps: {@link #begin} claims
 * the instance for the thread, a {@code put} method writes each argument into the call frame or the
 * window, {@link #execute} runs the guest until the gate says that the call is done, a {@code
 * result} method reads the result, {@link #end} gives the instance free. With numbers only, none of
 * them allocates, and the only system call is KVM_RUN.
 *
 * <p>One thread at a time: a second one, and a host function that calls back into its own guest, is
 * refused at {@link #begin}. Giving free and claiming order the threads' accesses to all other
 * state.
 */
public final class Instance implements AutoCloseable {
  /** What an instance is while it is being restored, and stays if an error ends that. */
  private static final Ending HALF_RESTORED =
      new Outcome.HypervisorFailed(
          new IllegalStateException("the sandbox was not restored to the end"));

  /**
   * What an instance is while its guest runs, and stays if an error ends that where there is no
   * room to note which.
   */
  private static final Ending CUT_SHORT =
      new Outcome.HypervisorFailed(
          new IllegalStateException("an error of the JVM ended a call in the middle"));

  private static final VarHandle USER;

  static {
    try {
      USER = MethodHandles.lookup().findVarHandle(Instance.class, "user", Thread.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Outcome.Reporter reporter;
  private final CallLimits limits;

  /** Where the calls are, for those who want to end them. */
  private final Call control;

  /** Whether no call may begin any more. */
  private volatile boolean refusing;

  /** The thread that has claimed the instance. Stubs of calls set it to null, at the end. */
  volatile @Nullable Thread user;

  // The rest belongs to the thread that has claimed it.

  private LoadedProgram loaded;
  private @Nullable Ending unusableSince;
  private boolean closed;
  private boolean initialised;

  /** Whether a program that starts itself has not said yet that it is ready. */
  private boolean starting;

  // Of the running call.
  private @Nullable ExportedFunction function;
  private long windowNext;

  /**
   * What an instance is made of.
   *
   * @param memoryBytes guest-physical memory, page-aligned
   * @param stackBytes of the call stack and of the stack that a program starts with, page-aligned
   * @param invocation of a program that starts itself
   */
  public record Configuration(
      GuestProgram program,
      long memoryBytes,
      long stackBytes,
      Invocation invocation,
      Surroundings surroundings,
      Outcome.Reporter reporter) {}

  private Instance(LoadedProgram loaded, CallLimits limits, Outcome.Reporter reporter) {
    this.reporter = reporter;
    this.loaded = loaded;
    this.limits = limits;
    control = new Call(limits.processorNanos());
    try {
      loaded.machine().runFor(control);
    } catch (Throwable t) {
      control.close();
      throw t;
    }
  }

  /**
   * Loads a program into a new machine. Of one with functions to call, runs the initialisers.
   *
   * @param platform where the machine runs
   * @throws GuestFormatException if the program is linked where it cannot be loaded
   * @throws GuestMemoryExhaustedException if it needs more memory than configured
   * @throws HypervisorCallException if KVM fails
   */
  public static Instance create(Platform platform, Configuration configuration) {
    LoadedProgram loaded = LoadedProgram.load(platform, configuration);
    Instance instance = of(loaded, configuration.surroundings, configuration.reporter);
    try {
      if (!configuration.program.isWhole()) {
        instance.initialise();
      }
      return instance;
    } catch (Throwable t) {
      instance.close();
      throw t;
    }
  }

  /** Of a program, which is closed if that fails. */
  private static Instance of(
      LoadedProgram loaded, Surroundings surroundings, Outcome.Reporter reporter) {
    try {
      return new Instance(loaded, surroundings.settings().limits(), reporter);
    } catch (Throwable t) {
      loaded.close();
      throw t;
    }
  }

  /**
   * Makes an instance that equals the one that was frozen, in a new machine.
   *
   * @throws HypervisorCallException if KVM fails
   * @throws ImageClosedException if the image is closed
   */
  public static Instance spawn(
      InstanceImage image, Surroundings surroundings, Outcome.Reporter reporter) {
    Instance spawned = of(LoadedProgram.spawn(image, surroundings), surroundings, reporter);
    spawned.initialised = true;
    return spawned;
  }

  private void initialise() {
    if (loaded.program().startsItself()) {
      start();
    }
    FunctionTable.Export initialiser = loaded.program().initialiser();
    if (initialiser != null) {
      new ExportedFunction(initialiser).call(this, new Object[0]);
    }
    initialised = true;
  }

  /** Runs the program's own start up to where it says that calls may come. */
  private void start() {
    beginCall(limits.timeoutNanos());
    starting = true;
    try {
      windowNext = loaded.window().start();
      prepareFrame();
      unusableSince = CUT_SHORT;
      context().enterProgram(loaded.entry(), loaded.stackPointer());
      runGuest();
    } finally {
      starting = false;
      end();
    }
  }

  /**
   * How often the guest was refused which system calls, by name; in the order of first refusal.
   *
   * @throws RuntimeException from the reporter, if the instance is in use or closed
   */
  public Map<String, Long> refusals() {
    StackRoom.requireLittle(); // for end()
    claimOpen();
    try {
      return loaded.hypercalls().refusals();
    } finally {
      end();
    }
  }

  /**
   * What is in the files that the guest can write.
   *
   * @throws RuntimeException from the reporter, if the instance is in use or closed
   */
  public FileSystem.State writtenFiles() {
    StackRoom.requireLittle(); // for end()
    claimOpen();
    try {
      return loaded.hypercalls().writtenFiles();
    } finally {
      end();
    }
  }

  /**
   * What the guest has used.
   *
   * @throws RuntimeException from the reporter, if the instance is in use or closed
   */
  public Usage usage() {
    StackRoom.requireLittle(); // for end()
    claimOpen();
    try {
      return new Usage(loaded.hypercalls().systemCallCount(), machine().mostMemoryBytes());
    } finally {
      end();
    }
  }

  /**
   * What a guest has used.
   *
   * @param systemCalls how many it has made
   * @param memoryBytes of its memory, when that was most
   */
  public record Usage(long systemCalls, long memoryBytes) {}

  /** What is behind it now. */
  LoadedProgram loaded() {
    return loaded;
  }

  private Machine machine() {
    return loaded.machine();
  }

  private Context context() {
    return loaded.machine().context();
  }

  // The steps of a call, for the generated stubs.

  /**
   * Claims the instance for this thread and starts a call.
   *
   * @throws RuntimeException from the reporter, if the instance is in use, closed or unusable; it
   *     is then not claimed
   */
  void begin(ExportedFunction called) {
    claimUsable();
    try {
      function = called;
      windowNext = loaded.window().start();
      beginTimed(called.timeoutNanos());
    } catch (Throwable t) {
      user = null; // the caller's own handling starts behind this
      throw t;
    }
  }

  /**
   * Claims the instance for this thread and starts a call of no function.
   *
   * @throws RuntimeException as {@link #begin}
   */
  private void beginCall(long timeoutNanos) {
    StackRoom.requireLittle(); // for end()
    claimUsable();
    try {
      beginTimed(timeoutNanos);
    } catch (Throwable t) {
      user = null;
      throw t;
    }
  }

  /** From here on the call can be ended from outside. Last, so that nothing fails behind it. */
  private void beginTimed(long timeoutNanos) {
    Thread thread = Thread.currentThread();
    if (thread.isInterrupted()) {
      throw reporter.exceptionFor(new Outcome.NotBegun());
    }
    control.begin(thread, timeoutNanos == 0 ? limits.timeoutNanos() : timeoutNanos);
  }

  /**
   * Ends the running call. From any thread.
   *
   * @return whether there is one
   */
  public boolean interrupt() {
    return control.stop(Stop.INTERRUPTED);
  }

  private void claimUsable() {
    claimOpen();
    Ending since = unusableSince;
    if (since != null) {
      user = null;
      throw reporter.exceptionFor(new Outcome.Unusable(since));
    }
  }

  private void claimOpen() {
    claim();
    // Plain loads and stores, without a call that could overflow the stack and keep the claim.
    if (closed || refusing) {
      user = null;
      throw reporter.exceptionFor(new Outcome.Closed());
    }
  }

  private void claim() {
    Thread thread = Thread.currentThread();
    if (!USER.compareAndSet(this, null, thread)) {
      Thread other = user;
      // It may have been given free meanwhile; who asks was too early all the same.
      throw reporter.exceptionFor(
          other == thread ? new Outcome.Reentered() : new Outcome.InUse(other));
    }
  }

  /** Gives the instance free. */
  void end() {
    try {
      control.end();
    } finally {
      USER.setRelease(this, null);
    }
  }

  void putBoolean(int offset, boolean value) {
    context().setFrameLong(offset, value ? 1 : 0);
  }

  /** For all signed integers, extended to the register's width. */
  void putInteger(int offset, long value) {
    context().setFrameLong(offset, value);
  }

  void putUnsigned(int offset, int index, long value, long maximum) {
    if (value < 0 || value > maximum) {
      throw badArgument(index, "is %d, and must be 0 to %d".formatted(value, maximum));
    }
    context().setFrameLong(offset, value);
  }

  void putFloat(int offset, float value) {
    context().setFrameLong(offset, Integer.toUnsignedLong(Float.floatToRawIntBits(value)));
  }

  void putDouble(int offset, double value) {
    context().setFrameLong(offset, Double.doubleToRawLongBits(value));
  }

  void putString(int offset, int index, @Nullable String value) {
    if (value != null && Text.exceeds(value, machine().memorySizeBytes())) {
      throw badArgument(
          index, "does not fit into the sandbox: it is longer than all of its memory");
    }
    byte[] bytes = value == null ? null : Text.encode(value);
    if (value != null && bytes == null) {
      throw badArgument(index, "has half of a surrogate pair in it, which UTF-8 cannot say");
    }
    putBytes(offset, index, bytes);
  }

  void putBytes(int offset, int index, byte @Nullable [] value) {
    if (value == null) {
      throw badArgument(index, "is null");
    }
    try {
      long address = loaded.window().put(windowNext, value);
      windowNext = address + value.length + 1;
      context().setFrameLong(offset, address);
      context().setFrameLong(offset + 8, value.length);
    } catch (GuestMemoryExhaustedException e) {
      throw badArgument(index, "does not fit into the sandbox: " + e.getMessage());
    } catch (StoppedException _) {
      throw fail(stopped(context().whereabouts()));
    }
  }

  private RuntimeException badArgument(int index, String problem) {
    return reporter.exceptionFor(
        new Outcome.BadArgument(
            "argument %d of %s %s".formatted(index + 1, declaration(), problem)));
  }

  /**
   * Runs the guest until the call is done.
   *
   * @throws RuntimeException from the reporter, if it ends in another way
   */
  void execute(ExportedFunction called) {
    context().setFrameLong(CallFrame.TARGET, called.address());
    prepareFrame();
    unusableSince = CUT_SHORT;
    context().enterGate();
    runGuest();
  }

  private void prepareFrame() {
    context().setFrameLong(CallFrame.WINDOW_NEXT, windowNext);
    context().setFrameLong(CallFrame.WINDOW_END, loaded.window().mappedEnd());
    context().setFrameLong(CallFrame.STATUS, 0);
    loaded.hypercalls().beginCall();
  }

  private void runGuest() {
    Ending ending;
    try {
      ending = runToStop();
    } catch (Error e) {
      // From a host function, the output, or the host itself: guest code was left in the middle.
      unusableSince = new Outcome.HostError(e);
      throw e;
    }
    unusableSince = null;
    if (ending != null) {
      throw fail(ending);
    }
    if (context().frameLong(CallFrame.STATUS) != 0) {
      throw fail(guestError());
    }
  }

  private Ending guestError() {
    try {
      return new Outcome.GuestError(
          loaded
              .hypercalls()
              .readMessage(
                  context().frameLong(CallFrame.ERROR_ADDRESS),
                  context().frameLong(CallFrame.ERROR_LENGTH)));
    } catch (StoppedException _) {
      return stopped(context().whereabouts());
    }
  }

  /**
   * Runs the guest until a call is done or it says that it is ready.
   *
   * @return null then, else how it ended
   */
  private @Nullable Ending runToStop() {
    try {
      while (true) {
        if (Thread.currentThread().isInterrupted()) {
          control.stop(Stop.THREAD_INTERRUPTED);
        }
        Trap trap = context().run();
        if (trap instanceof Trap.Stopped stopped) {
          return stopped(stopped.registers());
        }
        if (trap != null) {
          if (!isHandled(trap)) {
            return new Outcome.Fault(trap, place(trap));
          }
          continue;
        }
        if (context().isCallDone()) {
          return null;
        }
        if (starting && loaded.hypercalls().isReady()) {
          context().rest();
          return null;
        }
        Ending ending = answer();
        if (ending != null) {
          return ending;
        }
      }
    } catch (HypervisorCallException | SystemCallException e) {
      return new Outcome.HypervisorFailed(e);
    } catch (StoppedException _) {
      return stopped(context().whereabouts());
    }
  }

  private Outcome.Stopped stopped(RegisterValues registers) {
    Stop why = Objects.requireNonNull(control.stopped());
    long limitNanos =
        switch (why) {
          case TIMED_OUT -> control.timeoutNanos();
          case PROCESSOR_TIME_USED -> limits.processorNanos();
          case INTERRUPTED, THREAD_INTERRUPTED -> 0;
        };
    return new Outcome.Stopped(why, limitNanos, registers);
  }

  /** Whether the guest has a handler of its own for it, in which it goes on. */
  private boolean isHandled(Trap trap) {
    return trap instanceof Trap.ProcessorException exception
        && loaded.hypercalls().handle(exception);
  }

  private Outcome.Place place(Trap trap) {
    if (!(trap instanceof Trap.ProcessorException exception)
        || exception.kind() != FaultKind.MEMORY_ACCESS) {
      return Outcome.Place.ANYWHERE;
    }
    if (loaded.layout().isStackGuard(exception.address())) {
      return Outcome.Place.STACK_GUARD;
    }
    return loaded.hypercalls().isBehindFile(exception)
        ? Outcome.Place.BEHIND_FILE
        : Outcome.Place.ANYWHERE;
  }

  /** Answers the system call that the guest stopped at; how it ended, if it does not go on. */
  private @Nullable Ending answer() {
    try {
      return loaded.hypercalls().answer(initialised);
    } catch (HypervisorCallException | SystemCallException e) {
      return new Outcome.HypervisorFailed(e);
    } catch (LimitPassedException e) {
      return new Outcome.LimitPassed(e.kind(), e.most());
    } catch (Error e) {
      throw e;
    } catch (Throwable e) { // also checked ones, which languages other than Java do not declare
      if (control.stopped() != null) {
        return stopped(context().whereabouts()); // it was interrupted for that
      }
      // Not from a host function: the embedder's print stream or logger threw.
      return new Outcome.HostFunctionFailed("the sandbox's output", e);
    }
  }

  private RuntimeException fail(Ending ending) {
    note(ending);
    return reporter.exceptionFor(ending);
  }

  private void note(Ending ending) {
    if (ending.abandonsGuest()) {
      unusableSince = ending;
      context().halt();
    }
  }

  // Whole programs.

  /**
   * Runs a whole program from its start until it ends, or asks for input there is not yet.
   *
   * @param timeoutNanos how long it may take; 0 for the instance's limit
   * @return how it stopped; {@link Outcome.WaitingForInput} if it can {@linkplain #proceed go on}
   * @throws RuntimeException from the reporter, if the instance is in use, closed or unusable, or
   *     the program has been started already
   */
  public Ending runProgram(long timeoutNanos) {
    beginCall(timeoutNanos);
    try {
      if (initialised) {
        throw new IllegalStateException("no program waits for this");
      }
      initialised = true;
      prepareFrame();
      unusableSince = CUT_SHORT;
      context().enterProgram(loaded.entry(), loaded.stackPointer());
      return programEnding(runToStop());
    } catch (Error e) {
      unusableSince = new Outcome.HostError(e);
      throw e;
    } finally {
      end();
    }
  }

  /**
   * Lets a whole program go on that waited for input, until it ends or waits again.
   *
   * @param request the input
   * @param timeoutNanos how long it may take; 0 for the instance's limit
   * @return how it stopped, as for {@link #runProgram}, and what it wrote to its standard output
   * @throws RuntimeException from the reporter, if the instance is in use, closed or unusable
   * @throws IllegalStateException if no program waits in it
   */
  public Answer proceed(byte[] request, long timeoutNanos) {
    beginCall(timeoutNanos);
    try {
      if (context().state() != Context.State.WAITING) {
        throw new IllegalStateException("no program waits for this");
      }
      unusableSince = CUT_SHORT;
      loaded.hypercalls().beginCall();
      Conversation conversation = loaded.conversation();
      conversation.begin(request);
      Ending ending = answer();
      ending = programEnding(ending == null ? runToStop() : ending);
      return new Answer(ending, conversation.end());
    } catch (Error e) {
      unusableSince = new Outcome.HostError(e);
      throw e;
    } finally {
      end();
    }
  }

  /**
   * What a program did with its input.
   *
   * @param ending how it stopped
   * @param output what it wrote before
   */
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  public record Answer(Ending ending, byte[] output) {}

  private Ending programEnding(@Nullable Ending stop) {
    Ending ending =
        stop == null ? new Outcome.Violation("a jump into the gate", context().registers()) : stop;
    if (ending instanceof Outcome.WaitingForInput) {
      context().waitForInput();
    }
    unusableSince = null;
    note(ending);
    return ending;
  }

  // Results. The gate left RAX in RDI, RDX in RSI and XMM0 in RDX; all are hostile.

  boolean resultBoolean() {
    long value = context().argument(0) & 0xff;
    if (value > 1) {
      throw badResult("a bool of value %d".formatted(value));
    }
    return value != 0;
  }

  long resultInteger() {
    return context().argument(0);
  }

  long resultUnsigned64() {
    long value = context().argument(0);
    if (value < 0) {
      throw badResult(
          "%s, and a Java long ends at %d".formatted(Long.toUnsignedString(value), Long.MAX_VALUE));
    }
    return value;
  }

  float resultFloat() {
    return Float.intBitsToFloat((int) context().argument(2));
  }

  double resultDouble() {
    return Double.longBitsToDouble(context().argument(2));
  }

  byte[] resultBytes() {
    long size = context().argument(1);
    try {
      if (size <= machine().memorySizeBytes()) {
        loaded.budget().requireValue(size); // what is larger is no range of the guest's
      }
      return machine().addressSpace().read(context().argument(0), size);
    } catch (LimitPassedException e) {
      throw fail(new Outcome.LimitPassed(e.kind(), e.most()));
    } catch (GuestAddressException e) {
      throw badResult("a range that is not its own: " + e.getMessage());
    } catch (StoppedException _) {
      throw fail(stopped(context().whereabouts()));
    }
  }

  String resultString() {
    String text = Text.decode(resultBytes());
    if (text == null) {
      throw badResult("a string that is not UTF-8");
    }
    return text;
  }

  private RuntimeException badResult(String what) {
    return fail(new Outcome.InvalidResult(declaration() + " returned " + what));
  }

  private String declaration() {
    return function == null ? "a function" : function.declaration().toString();
  }

  // Between calls.

  /**
   * Freezes the instance as it is.
   *
   * @return the image, which the caller closes
   * @throws RuntimeException from the reporter, if the instance is in use, closed or unusable
   * @throws HypervisorCallException if KVM fails
   * @throws io.hyperlight.internal.os.SystemCallException if the host has no room for the image
   */
  public InstanceImage snapshot() {
    StackRoom.requireLittle(); // for end()
    claimUsable();
    try {
      return loaded.freeze();
    } finally {
      end();
    }
  }

  /**
   * Makes the instance equal to one that was spawned from the image just now, whatever state it is
   * in.
   *
   * @param image of the same program
   * @throws RuntimeException from the reporter, if the instance is in use or closed
   * @throws HypervisorCallException if KVM fails; the instance is what it was, or is unusable until
   *     it is restored
   * @throws io.hyperlight.internal.os.SystemCallException if the host has no memory for it;
   *     likewise
   * @throws ImageClosedException if a new machine is needed and the image is closed; the instance
   *     is what it was
   */
  public void restore(InstanceImage image) {
    StackRoom.requireLittle(); // for end()
    claimOpen();
    Ending before = unusableSince;
    unusableSince = HALF_RESTORED;
    try {
      loaded = loaded.restore(image);
      machine().runFor(control);
      unusableSince = null;
    } catch (RuntimeException | Error e) {
      if (before != null || !context().isBroken()) {
        unusableSince = before; // a new machine could not be made: this one is what it was
      } else if (e instanceof RuntimeException failure) {
        unusableSince = new Outcome.HypervisorFailed(failure);
      }
      throw e;
    } finally {
      end();
    }
  }

  /**
   * Makes the instance closed to everybody but {@link #detach} and {@link #close}. A running call
   * goes on. From any thread.
   */
  public void refuseCalls() {
    refusing = true;
  }

  /**
   * Moves everything to a new instance. This one is closed from now on, and so is every handle
   * bound to it.
   *
   * @throws RuntimeException from the reporter, if the instance is in use or closed; it then stays
   *     what it is
   */
  public Instance detach() {
    StackRoom.requireLittle(); // for end()
    claim();
    try {
      if (closed) {
        throw reporter.exceptionFor(new Outcome.Closed());
      }
      Instance successor = new Instance(loaded, limits, reporter);
      try {
        successor.initialised = initialised;
        successor.unusableSince = unusableSince;
        control.close();
        closed = true; // last: nothing may fail once only the successor has the machine
        return successor;
      } catch (Throwable t) {
        successor.control.close();
        machine().runFor(control);
        throw t;
      }
    } finally {
      end();
    }
  }

  /**
   * Frees everything. A second call does nothing.
   *
   * @throws RuntimeException from the reporter, if the instance is in use, or the kernel says that
   *     something was not its own; all else is freed then
   */
  @Override
  public void close() {
    StackRoom.require(); // before anything is half closed
    claim();
    try {
      if (!closed) {
        refusing = true;
        control.close();
        loaded.close();
        closed = true; // not before: a full heap may end it half-way, and a second try help
      }
    } catch (SystemCallException e) {
      throw reporter.exceptionFor(new Outcome.HypervisorFailed(e));
    } finally {
      end();
    }
  }
}
