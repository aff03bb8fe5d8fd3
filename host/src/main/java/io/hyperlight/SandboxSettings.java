package io.hyperlight;

import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.GuestStreamException;
import io.hyperlight.error.HypervisorException;
import io.hyperlight.internal.call.Embedding;
import io.hyperlight.internal.linux.Settings;
import io.hyperlight.internal.linux.task.TurnOrder;
import io.hyperlight.internal.loader.GuestProgram;
import io.hyperlight.internal.machine.arch.MachineOptions;
import io.hyperlight.internal.os.Durations;
import io.hyperlight.value.Limits;
import java.io.OutputStream;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Sets what the embedder provides to any guest or keeps from it: where its output goes, which clock
 * and random numbers it has, and who observes it.
 *
 * @param <S> the type of the builder itself
 */
public abstract sealed class SandboxSettings<S extends SandboxSettings<S>>
    permits LoadSettings, ProgramSnapshot.Spawner, Snapshot.Spawner {
  /** The maximum of {@link #processors}. */
  public static final int MAXIMUM_PROCESSORS = MachineOptions.MAXIMUM_PROCESSORS;

  private @Nullable OutputStream print;
  private @Nullable OutputStream errors;
  private System.@Nullable Logger logger;
  private @Nullable InstantSource clock;
  private OptionalLong randomSeed = OptionalLong.empty();
  private TurnOrder.@Nullable Choice turns;
  private boolean mayMakeCode;
  private boolean hidesTimeStampCounter;
  private boolean exitless;

  /** 0 for the earlier setting. */
  private int processors;

  private @Nullable Consumer<SystemCall> observer;
  private UnaryOperator<Limits> limits = UnaryOperator.identity();

  SandboxSettings() {}

  /** See {@link HostFunctionRegistry#exitless}. */
  final void setExitless() {
    exitless = true;
  }

  abstract S self();

  /** Returns what the guest gets: the settings made here, and otherwise the earlier ones. */
  final Embedding embedding(Embedding before, GuestProgram program, HostFunctions hostFunctions) {
    return new Embedding(
        hostFunctions.bind(program.importsByNumber(), before.bindings()),
        output((StreamOutput) before.output()),
        settings(before.settings()));
  }

  /**
   * Returns whether the embedder has a stream for the guest's standard output, or for its standard
   * error.
   */
  final boolean hasStream(boolean error) {
    return print != null || (error && errors != null);
  }

  /** Returns the output set here, and otherwise the earlier one. */
  final StreamOutput output(StreamOutput before) {
    return new StreamOutput(
        print == null ? before.stream() : print,
        errors == null && print == null ? before.errors() : errors,
        logger == null ? before.logger() : logger);
  }

  /** Returns the settings made here, and otherwise the earlier ones. */
  final Settings settings(Settings before) {
    Consumer<SystemCall> observing = observer;
    return before.with(
        clock == null ? before.clock() : clock,
        randomSeed(before),
        mayMakeCode || before.mayMakeCode(),
        observing == null
            ? before.observer()
            : (name, arguments, result, text) ->
                observing.accept(
                    new SystemCall(name, Arrays.stream(arguments).boxed().toList(), result, text)),
        machine(before),
        limits.apply(before.limits()),
        turns == null ? before.turns() : turns);
  }

  private MachineOptions machine(Settings before) {
    int wanted = processors == 0 ? before.machine().processors() : processors;
    boolean hasNoExits = exitless || before.machine().exitless();
    if (wanted > 1 && hasNoExits) {
      throw new IllegalArgumentException(
          "a sandbox with exitless() has one processor, but processors(%d) was set: leave out one of the two"
              .formatted(wanted));
    }
    TurnOrder.Choice order = turns == null ? before.turns() : turns;
    if (wanted > 1 && order.kind() != TurnOrder.Kind.TIMED) {
      throw new IllegalArgumentException(
          "threads that run at the same time do not run in the same way twice, but deterministic() and processors(%d) were set: leave out one of the two"
              .formatted(wanted));
    }
    return new MachineOptions(
        hidesTimeStampCounter || before.machine().hidesTimeStampCounter(), hasNoExits, wanted);
  }

  private OptionalLong randomSeed(Settings before) {
    OptionalLong known = randomSeed.isPresent() ? randomSeed : before.randomSeed();
    return turns != null && known.isEmpty() ? OptionalLong.of(0) : known;
  }

  /**
   * Sets how much the guest may use. The default is {@link Limits#DEFAULT}.
   *
   * @param most all limits
   * @return this builder
   */
  public final S limits(Limits most) {
    Objects.requireNonNull(most, "most");
    return changeLimits(_ -> most);
  }

  /**
   * Sets how long a call may take. This is {@link Limits#callTimeout}; the other limits stay as
   * they are.
   *
   * @param timeout more than zero; {@link Limits#FOREVER} for no limit
   * @return this builder
   * @throws IllegalArgumentException if the time is not positive
   */
  public final S callTimeout(Duration timeout) {
    Durations.positiveNanos("call timeout", timeout);
    return changeLimits(before -> before.withCallTimeout(timeout));
  }

  /**
   * Sets how much processor time a call may use. This is {@link Limits#cpuTime}; the other limits
   * stay as they are.
   *
   * @param time more than zero; {@link Limits#FOREVER} for no limit
   * @return this builder
   * @throws IllegalArgumentException if the time is not positive
   */
  public final S cpuTimeLimit(Duration time) {
    Durations.positiveNanos("processor time", time);
    return changeLimits(before -> before.withCpuTime(time));
  }

  /** Changes the limits that are in effect when the sandbox is made. */
  final S changeLimits(UnaryOperator<Limits> change) {
    UnaryOperator<Limits> earlier = limits;
    limits = before -> change.apply(earlier.apply(before));
    return self();
  }

  /**
   * Sets the stream for the guest's standard output, byte by byte. Standard error goes to the same
   * stream unless it has {@linkplain #hostError its own}. By default the output is discarded. The
   * stream is flushed after each write.
   *
   * <p>If the stream throws an {@code IOException}, the guest's {@code write} fails. A {@link
   * GuestStreamException} sets the error number; for any other exception it is {@code EIO}. It is
   * also {@code EIO} for a {@link java.io.PrintStream} whose {@linkplain
   * java.io.PrintStream#checkError checkError} returns true. {@link HostStreams#output} is the
   * standard output of this process, and reports the kernel's errors.
   *
   * @param stream takes the bytes
   * @return this builder
   */
  public final S hostPrint(OutputStream stream) {
    print = Objects.requireNonNull(stream, "stream");
    return self();
  }

  /**
   * Sets the stream for the guest's standard error, byte by byte. By default standard error goes to
   * the same stream as standard output. Errors of the stream become errors of the guest's {@code
   * write}, as for {@link #hostPrint}.
   *
   * @param stream takes the bytes
   * @return this builder
   */
  public final S hostError(OutputStream stream) {
    errors = Objects.requireNonNull(stream, "stream");
    return self();
  }

  /**
   * Sets the logger for the guest's log, which has levels. The default is the logger {@code
   * io.hyperlight.guest}.
   *
   * @param target takes the lines
   * @return this builder
   */
  public final S logger(System.Logger target) {
    logger = Objects.requireNonNull(target, "target");
    return self();
  }

  /**
   * Sets the time in the guest. {@link java.time.Clock#fixed} stops it, and {@link
   * java.time.Clock#offset} sets it forward or back. The guest's monotonic clock follows this clock
   * where it goes forward, and a guest that sleeps does not wait. The default is the host's clocks.
   *
   * <p>The clock does not affect the processor's time-stamp counter, which a guest can read as
   * well; see {@link #hideTimeStampCounter}.
   *
   * @param source the clock; it is read on the thread that runs the guest
   * @return this builder
   */
  public final S clock(InstantSource source) {
    clock = Objects.requireNonNull(source, "source");
    return self();
  }

  /**
   * Denies the guest the processor's time-stamp counter: {@code rdtsc} and {@code rdtscp} cause
   * general-protection faults. Together with a {@linkplain #clock clock} that does not run, the
   * guest then cannot measure how long something took. So it cannot measure what others leave in
   * the processor's caches. A host function that takes long or returns the time makes this possible
   * again. A function that reads the counter ends in a {@link GuestFaultException}, and a program
   * ends as by SIGSEGV.
   *
   * <p>Not every KVM supports this: a KVM that runs user code directly on the processor does not.
   * On such a machine, sandboxes with this option cannot be made, and a {@link HypervisorException}
   * says so. {@code ./hyperlight doctor} reports whether the machine supports it.
   *
   * @return this builder
   */
  public final S hideTimeStampCounter() {
    hidesTimeStampCounter = true;
    return self();
  }

  /**
   * For tests only. Makes the guest's random numbers predictable: they are the same in each
   * sandbox, and again after each restore. The processor's own generator ({@code rdrand}), which a
   * guest can use as well, is not affected.
   *
   * @param seed where the sequence begins
   * @return this builder
   */
  public final S randomSeed(long seed) {
    randomSeed = OptionalLong.of(seed);
    return self();
  }

  /**
   * Makes the guest's threads take turns in the same way in each run. A thread then runs until it
   * waits, ends or yields, and the others follow in the order in which they became ready. A thread
   * that waits for another one by reading memory in a loop never ends, since nothing stops it for
   * the other; its call ends by its {@linkplain #callTimeout time limit}. Random numbers begin with
   * the seed 0, unless {@link #randomSeed} sets another one.
   *
   * <p>Together with a {@link #clock} that gives the same times in each run, two runs with the same
   * input make the same system calls.
   *
   * @return this builder
   */
  public final S deterministic() {
    return turns(TurnOrder.Choice.UNTIMED);
  }

  /** Sets what ends turns of threads. Tests explore interleavings by it. */
  final S turns(TurnOrder.Choice choice) {
    turns = choice;
    return self();
  }

  /**
   * Sets on how many processors threads of the guest run at the same time. The default is 1: they
   * take turns.
   *
   * <p>The processors begin when a second thread of the guest can run. Each has a host thread of
   * its own, which works only during calls. The embedder's code still runs on the thread of the
   * call, one piece at a time. {@link Limits} are for all processors together. More processors than
   * the machine has cores do not make a guest faster.
   *
   * <p>Threads that run at the same time can see each other's timing much more exactly than threads
   * that take turns. See the documentation about security.
   *
   * @param count 1 to {@value #MAXIMUM_PROCESSORS}. More than 1 cannot be combined with {@link
   *     #deterministic}, nor with {@code exitless()}: then building the sandbox throws an {@link
   *     IllegalArgumentException}
   * @return this builder
   * @throws IllegalArgumentException if the number is not in this range
   */
  public final S processors(int count) {
    if (count < 1 || count > MAXIMUM_PROCESSORS) {
      throw new IllegalArgumentException(
          "a sandbox can have 1 to %d processors, not %d".formatted(MAXIMUM_PROCESSORS, count));
    }
    processors = count;
    return self();
  }

  /**
   * Lets the guest generate code and run it, as just-in-time compilers do. Memory that was writable
   * may then become executable. By default such requests fail with EACCES.
   *
   * @return this builder
   */
  public final S allowCodeGeneration() {
    mayMakeCode = true;
    return self();
  }

  /**
   * Sets a listener for every Linux system call that the guest makes. It is called after the system
   * call was answered, on the thread that runs the guest. An exception of the listener ends the
   * call like one of a host function.
   *
   * <p>Each call's {@linkplain SystemCall#text text} is made whether or not the listener uses it.
   * This takes some microseconds. Guests without a listener do not pay for it.
   *
   * @param listener receives the calls
   * @return this builder
   */
  public final S systemCallListener(Consumer<SystemCall> listener) {
    observer = Objects.requireNonNull(listener, "listener");
    return self();
  }
}
