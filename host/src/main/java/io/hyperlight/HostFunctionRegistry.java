package io.hyperlight;

import io.hyperlight.guest.Program;
import io.hyperlight.guest.Surroundings;
import io.hyperlight.linux.Settings;
import io.hyperlight.vm.MachineOptions;
import java.io.PrintStream;
import java.lang.invoke.MethodHandle;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Where the Java code that answers a guest's host calls is registered, and what else the embedder
 * gives to a guest or keeps from it: the part that all builders of sandboxes share.
 *
 * @param <S> the builder itself
 */
public abstract sealed class HostFunctionRegistry<S extends HostFunctionRegistry<S>>
    permits Sandbox.Builder, Snapshot.Spawner {
  private final HostFunctions hostFunctions = new HostFunctions();
  private @Nullable PrintStream print;
  private @Nullable PrintStream errors;
  private System.@Nullable Logger logger;
  private @Nullable InstantSource clock;
  private OptionalLong randomSeed = OptionalLong.empty();
  private boolean mayMakeCode;
  private boolean hidesTimeStampCounter;
  private @Nullable Consumer<SystemCall> observer;

  HostFunctionRegistry() {}

  abstract S self();

  final HostFunctions hostFunctions() {
    return hostFunctions;
  }

  /** Those of before, but for what was said here. */
  final Surroundings surroundings(Surroundings before, Program program) {
    StreamOutput output = (StreamOutput) before.output();
    Settings settings = before.settings();
    Consumer<SystemCall> observing = observer;
    return new Surroundings(
        hostFunctions.bind(program.importsByNumber(), before.bindings()),
        new StreamOutput(
            print == null ? output.stream() : print,
            errors == null && print == null ? output.errors() : errors,
            logger == null ? output.logger() : logger),
        new Settings(
            clock == null ? settings.clock() : clock,
            randomSeed.isPresent() ? randomSeed : settings.randomSeed(),
            mayMakeCode || settings.mayMakeCode(),
            observing == null
                ? settings.observer()
                : (name, arguments, result) ->
                    observing.accept(
                        new SystemCall(name, Arrays.stream(arguments).boxed().toList(), result)),
            new MachineOptions(
                hidesTimeStampCounter || settings.machine().hidesTimeStampCounter())));
  }

  /**
   * Where the guest's standard output goes, byte by byte, and its standard error unless that has a
   * {@linkplain #hostError stream of its own}; nowhere by default. The stream is flushed after each
   * write.
   *
   * @param stream takes the bytes
   * @return this builder
   */
  public final S hostPrint(PrintStream stream) {
    print = Objects.requireNonNull(stream, "stream");
    return self();
  }

  /**
   * Where the guest's standard error goes, byte by byte; to the same stream as its standard output
   * by default.
   *
   * @param stream takes the bytes
   * @return this builder
   */
  public final S hostError(PrintStream stream) {
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
   * time gives it one back. Programs that read the counter end in a {@link GuestFaultException}.
   *
   * <p>Not every KVM can do this: one that runs user code on the processor as it is cannot. There,
   * sandboxes with this option cannot be made ({@link HypervisorUnavailableException}); {@code
   * ./hyperlight doctor} says which it is.
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
   * @param listener takes the calls
   * @return this builder
   */
  public final S systemCallListener(Consumer<SystemCall> listener) {
    observer = Objects.requireNonNull(listener, "listener");
    return self();
  }

  /**
   * Registers a method handle of any number of parameters that answers a function the guest
   * imports. Its types must be exactly those of the guest's {@linkplain Guest#imports declaration},
   * which is checked when the sandbox is built.
   *
   * @param name as the guest imports it
   * @param function runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidHostFunctionException if the name is taken
   */
  public final S hostFunction(String name, MethodHandle function) {
    hostFunctions.addTyped(name, function);
    return self();
  }

  /**
   * Registers the Java code that answers a function the guest imports. Registering one that the
   * guest does not import does no harm.
   *
   * <p>A lambda's parameters are boxed values of the declared types, such as {@code (Integer a,
   * Long b) -> a + b}; with types that are not the declared ones, the guest's call fails with a
   * {@link ClassCastException}. To have the types checked when the sandbox is built, register a
   * {@linkplain #hostFunction(String, MethodHandle) method handle}.
   *
   * @param <R> the result's type
   * @param name as the guest imports it
   * @param function runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidHostFunctionException if the name is taken
   */
  public final <R extends @Nullable Object> S hostFunction(
      String name, HostFunction.Of0<R> function) {
    hostFunctions.addLambda(name, HostFunction.Of0.class, 0, false, function);
    return self();
  }

  /**
   * As {@link #hostFunction(String, HostFunction.Of0)}, with one parameter.
   *
   * @param <A> the first parameter's type
   * @param <R> the result's type
   * @param name as the guest imports it
   * @param function runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidHostFunctionException if the name is taken
   */
  public final <A, R extends @Nullable Object> S hostFunction(
      String name, HostFunction.Of1<A, R> function) {
    hostFunctions.addLambda(name, HostFunction.Of1.class, 1, false, function);
    return self();
  }

  /**
   * As {@link #hostFunction(String, HostFunction.Of0)}, with 2 parameters.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param <R> the result's type
   * @param name as the guest imports it
   * @param function runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidHostFunctionException if the name is taken
   */
  public final <A, B, R extends @Nullable Object> S hostFunction(
      String name, HostFunction.Of2<A, B, R> function) {
    hostFunctions.addLambda(name, HostFunction.Of2.class, 2, false, function);
    return self();
  }

  /**
   * As {@link #hostFunction(String, HostFunction.Of0)}, with 3 parameters.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param <C> the third parameter's type
   * @param <R> the result's type
   * @param name as the guest imports it
   * @param function runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidHostFunctionException if the name is taken
   */
  public final <A, B, C, R extends @Nullable Object> S hostFunction(
      String name, HostFunction.Of3<A, B, C, R> function) {
    hostFunctions.addLambda(name, HostFunction.Of3.class, 3, false, function);
    return self();
  }

  /**
   * As {@link #hostFunction(String, HostFunction.Of0)}, with 4 parameters.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param <C> the third parameter's type
   * @param <D> the fourth parameter's type
   * @param <R> the result's type
   * @param name as the guest imports it
   * @param function runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidHostFunctionException if the name is taken
   */
  public final <A, B, C, D, R extends @Nullable Object> S hostFunction(
      String name, HostFunction.Of4<A, B, C, D, R> function) {
    hostFunctions.addLambda(name, HostFunction.Of4.class, 4, false, function);
    return self();
  }

  /**
   * As {@link #hostFunction(String, HostFunction.Of0)}, with 5 parameters.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param <C> the third parameter's type
   * @param <D> the fourth parameter's type
   * @param <E> the fifth parameter's type
   * @param <R> the result's type
   * @param name as the guest imports it
   * @param function runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidHostFunctionException if the name is taken
   */
  public final <A, B, C, D, E, R extends @Nullable Object> S hostFunction(
      String name, HostFunction.Of5<A, B, C, D, E, R> function) {
    hostFunctions.addLambda(name, HostFunction.Of5.class, 5, false, function);
    return self();
  }

  /**
   * As {@link #hostFunction(String, HostFunction.Of0)}, with 6 parameters.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param <C> the third parameter's type
   * @param <D> the fourth parameter's type
   * @param <E> the fifth parameter's type
   * @param <F> the sixth parameter's type
   * @param <R> the result's type
   * @param name as the guest imports it
   * @param function runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidHostFunctionException if the name is taken
   */
  public final <A, B, C, D, E, F, R extends @Nullable Object> S hostFunction(
      String name, HostFunction.Of6<A, B, C, D, E, F, R> function) {
    hostFunctions.addLambda(name, HostFunction.Of6.class, 6, false, function);
    return self();
  }

  /**
   * As {@link #hostFunction(String, HostFunction.Of0)}, with 7 parameters.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param <C> the third parameter's type
   * @param <D> the fourth parameter's type
   * @param <E> the fifth parameter's type
   * @param <F> the sixth parameter's type
   * @param <G> the seventh parameter's type
   * @param <R> the result's type
   * @param name as the guest imports it
   * @param function runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidHostFunctionException if the name is taken
   */
  public final <A, B, C, D, E, F, G, R extends @Nullable Object> S hostFunction(
      String name, HostFunction.Of7<A, B, C, D, E, F, G, R> function) {
    hostFunctions.addLambda(name, HostFunction.Of7.class, 7, false, function);
    return self();
  }

  /**
   * As {@link #hostFunction(String, HostFunction.Of0)}, with 8 parameters.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param <C> the third parameter's type
   * @param <D> the fourth parameter's type
   * @param <E> the fifth parameter's type
   * @param <F> the sixth parameter's type
   * @param <G> the seventh parameter's type
   * @param <H> the eighth parameter's type
   * @param <R> the result's type
   * @param name as the guest imports it
   * @param function runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidHostFunctionException if the name is taken
   */
  public final <A, B, C, D, E, F, G, H, R extends @Nullable Object> S hostFunction(
      String name, HostFunction.Of8<A, B, C, D, E, F, G, H, R> function) {
    hostFunctions.addLambda(name, HostFunction.Of8.class, 8, false, function);
    return self();
  }

  /**
   * As {@link #hostFunction(String, HostFunction.Of0)}, with no parameter and without a result.
   *
   * @param name as the guest imports it
   * @param action runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidHostFunctionException if the name is taken
   */
  public final S hostAction(String name, HostFunction.Action0 action) {
    hostFunctions.addLambda(name, HostFunction.Action0.class, 0, true, action);
    return self();
  }

  /**
   * As {@link #hostFunction(String, HostFunction.Of0)}, with one parameter and without a result.
   *
   * @param <A> the first parameter's type
   * @param name as the guest imports it
   * @param action runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidHostFunctionException if the name is taken
   */
  public final <A> S hostAction(String name, HostFunction.Action1<A> action) {
    hostFunctions.addLambda(name, HostFunction.Action1.class, 1, true, action);
    return self();
  }

  /**
   * As {@link #hostFunction(String, HostFunction.Of0)}, with 2 parameters and without a result.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param name as the guest imports it
   * @param action runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidHostFunctionException if the name is taken
   */
  public final <A, B> S hostAction(String name, HostFunction.Action2<A, B> action) {
    hostFunctions.addLambda(name, HostFunction.Action2.class, 2, true, action);
    return self();
  }

  /**
   * As {@link #hostFunction(String, HostFunction.Of0)}, with 3 parameters and without a result.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param <C> the third parameter's type
   * @param name as the guest imports it
   * @param action runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidHostFunctionException if the name is taken
   */
  public final <A, B, C> S hostAction(String name, HostFunction.Action3<A, B, C> action) {
    hostFunctions.addLambda(name, HostFunction.Action3.class, 3, true, action);
    return self();
  }

  /**
   * As {@link #hostFunction(String, HostFunction.Of0)}, with 4 parameters and without a result.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param <C> the third parameter's type
   * @param <D> the fourth parameter's type
   * @param name as the guest imports it
   * @param action runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidHostFunctionException if the name is taken
   */
  public final <A, B, C, D> S hostAction(String name, HostFunction.Action4<A, B, C, D> action) {
    hostFunctions.addLambda(name, HostFunction.Action4.class, 4, true, action);
    return self();
  }

  /**
   * As {@link #hostFunction(String, HostFunction.Of0)}, with 5 parameters and without a result.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param <C> the third parameter's type
   * @param <D> the fourth parameter's type
   * @param <E> the fifth parameter's type
   * @param name as the guest imports it
   * @param action runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidHostFunctionException if the name is taken
   */
  public final <A, B, C, D, E> S hostAction(
      String name, HostFunction.Action5<A, B, C, D, E> action) {
    hostFunctions.addLambda(name, HostFunction.Action5.class, 5, true, action);
    return self();
  }

  /**
   * As {@link #hostFunction(String, HostFunction.Of0)}, with 6 parameters and without a result.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param <C> the third parameter's type
   * @param <D> the fourth parameter's type
   * @param <E> the fifth parameter's type
   * @param <F> the sixth parameter's type
   * @param name as the guest imports it
   * @param action runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidHostFunctionException if the name is taken
   */
  public final <A, B, C, D, E, F> S hostAction(
      String name, HostFunction.Action6<A, B, C, D, E, F> action) {
    hostFunctions.addLambda(name, HostFunction.Action6.class, 6, true, action);
    return self();
  }

  /**
   * As {@link #hostFunction(String, HostFunction.Of0)}, with 7 parameters and without a result.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param <C> the third parameter's type
   * @param <D> the fourth parameter's type
   * @param <E> the fifth parameter's type
   * @param <F> the sixth parameter's type
   * @param <G> the seventh parameter's type
   * @param name as the guest imports it
   * @param action runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidHostFunctionException if the name is taken
   */
  public final <A, B, C, D, E, F, G> S hostAction(
      String name, HostFunction.Action7<A, B, C, D, E, F, G> action) {
    hostFunctions.addLambda(name, HostFunction.Action7.class, 7, true, action);
    return self();
  }

  /**
   * As {@link #hostFunction(String, HostFunction.Of0)}, with 8 parameters and without a result.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param <C> the third parameter's type
   * @param <D> the fourth parameter's type
   * @param <E> the fifth parameter's type
   * @param <F> the sixth parameter's type
   * @param <G> the seventh parameter's type
   * @param <H> the eighth parameter's type
   * @param name as the guest imports it
   * @param action runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidHostFunctionException if the name is taken
   */
  public final <A, B, C, D, E, F, G, H> S hostAction(
      String name, HostFunction.Action8<A, B, C, D, E, F, G, H> action) {
    hostFunctions.addLambda(name, HostFunction.Action8.class, 8, true, action);
    return self();
  }
}
