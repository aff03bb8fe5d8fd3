package io.hyperlight;

import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.GuestStreamException;
import io.hyperlight.error.HypervisorException;
import io.hyperlight.internal.call.Embedding;
import io.hyperlight.internal.linux.Settings;
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
 * What the embedder gives to any guest or keeps from it: where its output goes, which time and
 * which random numbers it gets, who watches it.
 *
 * @param <S> the builder itself
 */
public abstract sealed class SandboxSettings<S extends SandboxSettings<S>>
    permits LoadSettings, ProgramSnapshot.Spawner, Snapshot.Spawner {
  private @Nullable OutputStream print;
  private @Nullable OutputStream errors;
  private System.@Nullable Logger logger;
  private @Nullable InstantSource clock;
  private OptionalLong randomSeed = OptionalLong.empty();
  private boolean mayMakeCode;
  private boolean hidesTimeStampCounter;
  private boolean exitless;
  private @Nullable Consumer<SystemCall> observer;
  private UnaryOperator<Limits> limits = UnaryOperator.identity();

  SandboxSettings() {}

  /** See {@link HostFunctionRegistry#exitless}. */
  final void setExitless() {
    exitless = true;
  }

  abstract S self();

  /** What a guest is given: that of before, but for what was said here. */
  final Embedding embedding(Embedding before, GuestProgram program, HostFunctions hostFunctions) {
    return new Embedding(
        hostFunctions.bind(program.importsByNumber(), before.bindings()),
        output((StreamOutput) before.output()),
        settings(before.settings()));
  }

  /** Whether somebody wants the guest's standard output, or its standard error. */
  final boolean hasStream(boolean error) {
    return print != null || (error && errors != null);
  }

  /** That of before, but for what was said here. */
  final StreamOutput output(StreamOutput before) {
    return new StreamOutput(
        print == null ? before.stream() : print,
        errors == null && print == null ? before.errors() : errors,
        logger == null ? before.logger() : logger);
  }

  /** Those of before, but for what was said here. */
  final Settings settings(Settings before) {
    Consumer<SystemCall> observing = observer;
    return before.with(
        clock == null ? before.clock() : clock,
        randomSeed.isPresent() ? randomSeed : before.randomSeed(),
        mayMakeCode || before.mayMakeCode(),
        observing == null
            ? before.observer()
            : (name, arguments, result, text) ->
                observing.accept(
                    new SystemCall(name, Arrays.stream(arguments).boxed().toList(), result, text)),
        new MachineOptions(
            hidesTimeStampCounter || before.machine().hidesTimeStampCounter(),
            exitless || before.machine().exitless()),
        limits.apply(before.limits()));
  }

  /**
   * How much the guest may use; {@link Limits#DEFAULT} by default.
   *
   * @param most the limits, all of them
   * @return this builder
   */
  public final S limits(Limits most) {
    Objects.requireNonNull(most, "most");
    return changeLimits(_ -> most);
  }

  /**
   * How long a call may take: {@link Limits#callTimeout}, with the other limits as they are.
   *
   * @param timeout more than zero; {@link Limits#FOREVER} for no limit
   * @return this builder
   * @throws IllegalArgumentException if it is not
   */
  public final S callTimeout(Duration timeout) {
    Durations.positiveNanos("call timeout", timeout);
    return changeLimits(before -> before.withCallTimeout(timeout));
  }

  /**
   * How much processor time a call may use: {@link Limits#cpuTime}, with the other limits as they
   * are.
   *
   * @param time more than zero; {@link Limits#FOREVER} for no limit
   * @return this builder
   * @throws IllegalArgumentException if it is not
   */
  public final S cpuTimeLimit(Duration time) {
    Durations.positiveNanos("processor time", time);
    return changeLimits(before -> before.withCpuTime(time));
  }

  /** Changes the limits that there are when the sandbox is made. */
  final S changeLimits(UnaryOperator<Limits> change) {
    UnaryOperator<Limits> earlier = limits;
    limits = before -> change.apply(earlier.apply(before));
    return self();
  }

  /**
   * Where the guest's standard output goes, byte by byte, and its standard error unless that has a
   * {@linkplain #hostError stream of its own}; nowhere by default. The stream is flushed after each
   * write.
   *
   * <p>If the stream throws an {@code IOException}, the guest's {@code write} fails: with the error
   * number of a {@link GuestStreamException}, with {@code EIO} for any other one, and for a {@link
   * java.io.PrintStream} that says {@linkplain java.io.PrintStream#checkError checkError}. {@link
   * HostStreams#output} is this process's own standard output, with the errors of the kernel.
   *
   * @param stream takes the bytes
   * @return this builder
   */
  public final S hostPrint(OutputStream stream) {
    print = Objects.requireNonNull(stream, "stream");
    return self();
  }

  /**
   * Where the guest's standard error goes, byte by byte; to the same stream as its standard output
   * by default. Errors of the stream are the guest's, as those of {@link #hostPrint}.
   *
   * @param stream takes the bytes
   * @return this builder
   */
  public final S hostError(OutputStream stream) {
    errors = Objects.requireNonNull(stream, "stream");
    return self();
  }

  /**
   * Where the guest's log goes, with its levels; by default the logger {@code io.hyperlight.guest}.
   *
   * @param target takes the lines
   * @return this builder
   */
  public final S logger(System.Logger target) {
    logger = Objects.requireNonNull(target, "target");
    return self();
  }

  /**
   * What time it is in the guest: {@link java.time.Clock#fixed} freezes it, {@link
   * java.time.Clock#offset} puts it forward or back. The guest's monotonic clock follows it where
   * it goes forward, and a guest that sleeps does not wait. By default these are the host's clocks.
   *
   * <p>The processor's time-stamp counter, which a guest can read as well, is not affected: see
   * {@link #hideTimeStampCounter}.
   *
   * @param source is asked on the thread that runs the guest
   * @return this builder
   */
  public final S clock(InstantSource source) {
    clock = Objects.requireNonNull(source, "source");
    return self();
  }

  /**
   * Takes the processor's time-stamp counter away from the guest: {@code rdtsc} and {@code rdtscp}
   * are general-protection faults. Together with a {@linkplain #clock clock} that does not run, the
   * guest then has nothing that tells it how long something took, and so no way to measure what
   * others leave in the processor's caches; a host function that takes long or answers with the
   * time gives it one back. Functions that read the counter end in a {@link GuestFaultException},
   * whole programs as by SIGSEGV.
   *
   * <p>Not every KVM can do this: one that runs user code on the processor as it is cannot. There,
   * sandboxes with this option cannot be made ({@link HypervisorException}); {@code ./hyperlight
   * doctor} says which it is.
   *
   * @return this builder
   */
  public final S hideTimeStampCounter() {
    hidesTimeStampCounter = true;
    return self();
  }

  /**
   * For tests only: gives the guest the same random numbers in each sandbox, and again after each
   * restore, instead of unpredictable ones. The processor's own generator ({@code rdrand}), which a
   * guest can use as well, is not affected.
   *
   * @param seed where they begin
   * @return this builder
   */
  public final S randomSeed(long seed) {
    randomSeed = OptionalLong.of(seed);
    return self();
  }

  /**
   * Lets the guest make code and run it, as just-in-time compilers do: memory that it could write
   * may become executable. By default such requests get EACCES.
   *
   * @return this builder
   */
  public final S allowCodeGeneration() {
    mayMakeCode = true;
    return self();
  }

  /**
   * Tells of every Linux system call that the guest makes, after it was answered and on the thread
   * that runs the guest. An exception of the listener ends the call like one of a host function.
   *
   * <p>Each call's {@linkplain SystemCall#text text} is made whether the listener wants it or not,
   * which takes some microseconds; guests that nobody listens to do not pay for it.
   *
   * @param listener takes the calls
   * @return this builder
   */
  public final S systemCallListener(Consumer<SystemCall> listener) {
    observer = Objects.requireNonNull(listener, "listener");
    return self();
  }
}
