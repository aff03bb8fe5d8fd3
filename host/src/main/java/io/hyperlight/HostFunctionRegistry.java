package io.hyperlight;

import io.hyperlight.error.InvalidGuestException;
import io.hyperlight.internal.call.Surroundings;
import io.hyperlight.internal.loader.GuestProgram;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/**
 * Where the Java code that answers a guest's host calls is registered: the part that all builders
 * of sandboxes for functions share.
 *
 * @param <S> the builder itself
 */
public abstract sealed class HostFunctionRegistry<S extends HostFunctionRegistry<S>>
    extends SandboxSettings<S> permits Sandbox.Builder, Snapshot.Spawner {
  private final HostFunctions hostFunctions = new HostFunctions();

  HostFunctionRegistry() {}

  final HostFunctions hostFunctions() {
    return hostFunctions;
  }

  /** Those of before, but for what was said here. */
  final Surroundings surroundings(Surroundings before, GuestProgram program) {
    return new Surroundings(
        hostFunctions.bind(program.importsByNumber(), before.bindings()),
        output((StreamOutput) before.output()),
        settings(before.settings()));
  }

  /**
   * Lets calls and host calls do without leaving the VM, for guests that are called in quick
   * succession: in well under a microsecond, where leaving costs one on bare metal and dozens on
   * nested virtualization. The sandbox then has a thread of its own, on which its guest waits for
   * the next call, and which needs a processor beside the caller's. Who waits for the other does so
   * awake for up to 50 microseconds or so, less where that has been in vain, and then sleeps; from
   * then on nobody uses any processor time.
   *
   * <p>Only calls change: the first one after the sandbox was made or {@linkplain Sandbox#restore
   * restored} is an ordinary one, and so is whatever a guest asks for that is no host function. A
   * restore has to stop the waiting guest first, so that sandboxes which are restored after each
   * call are better off without.
   *
   * <p>The guest may do what it likes between two calls, too, but not for long: one that does not
   * wait is stopped within some milliseconds, and goes on with the next call.
   *
   * @return this builder
   */
  public final S exitless() {
    setExitless();
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
   * @throws InvalidGuestException if the name is taken
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
   * @throws InvalidGuestException if the name is taken
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
   * @throws InvalidGuestException if the name is taken
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
   * @throws InvalidGuestException if the name is taken
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
   * @throws InvalidGuestException if the name is taken
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
   * @throws InvalidGuestException if the name is taken
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
   * @throws InvalidGuestException if the name is taken
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
   * @throws InvalidGuestException if the name is taken
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
   * @throws InvalidGuestException if the name is taken
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
   * @throws InvalidGuestException if the name is taken
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
   * @throws InvalidGuestException if the name is taken
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
   * @throws InvalidGuestException if the name is taken
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
   * @throws InvalidGuestException if the name is taken
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
   * @throws InvalidGuestException if the name is taken
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
   * @throws InvalidGuestException if the name is taken
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
   * @throws InvalidGuestException if the name is taken
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
   * @throws InvalidGuestException if the name is taken
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
   * @throws InvalidGuestException if the name is taken
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
   * @throws InvalidGuestException if the name is taken
   */
  public final <A, B, C, D, E, F, G, H> S hostAction(
      String name, HostFunction.Action8<A, B, C, D, E, F, G, H> action) {
    hostFunctions.addLambda(name, HostFunction.Action8.class, 8, true, action);
    return self();
  }
}
