package io.hyperlight;

import io.hyperlight.error.InvalidGuestException;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/**
 * Where the Java code that answers a guest's host calls is registered: the part that all builders
 * of sandboxes for functions share.
 *
 * @param <S> the builder itself
 */
public sealed interface HostFunctionRegistry<S extends HostFunctionRegistry<S>>
    permits Sandbox.Builder, Snapshot.Spawner {
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
  S exitless();

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
  S hostFunction(String name, MethodHandle function);

  /**
   * Registers the Java code that answers a function the guest imports, for code that has it as a
   * value. For a lambda, use one of the methods below. An object of several shapes is taken for the
   * first of them, in the order of {@link HostFunction}.
   *
   * @param name as the guest imports it
   * @param function of any number of parameters, with a result or without; runs on the thread that
   *     calls the guest
   * @return this builder
   * @throws InvalidGuestException if the name is taken
   */
  S hostFunction(String name, HostFunction function);

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
  default <R extends @Nullable Object> S hostFunction(String name, HostFunction.Of0<R> function) {
    return hostFunction(name, (HostFunction) function);
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
  default <A, R extends @Nullable Object> S hostFunction(
      String name, HostFunction.Of1<A, R> function) {
    return hostFunction(name, (HostFunction) function);
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
  default <A, B, R extends @Nullable Object> S hostFunction(
      String name, HostFunction.Of2<A, B, R> function) {
    return hostFunction(name, (HostFunction) function);
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
  default <A, B, C, R extends @Nullable Object> S hostFunction(
      String name, HostFunction.Of3<A, B, C, R> function) {
    return hostFunction(name, (HostFunction) function);
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
  default <A, B, C, D, R extends @Nullable Object> S hostFunction(
      String name, HostFunction.Of4<A, B, C, D, R> function) {
    return hostFunction(name, (HostFunction) function);
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
  default <A, B, C, D, E, R extends @Nullable Object> S hostFunction(
      String name, HostFunction.Of5<A, B, C, D, E, R> function) {
    return hostFunction(name, (HostFunction) function);
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
  default <A, B, C, D, E, F, R extends @Nullable Object> S hostFunction(
      String name, HostFunction.Of6<A, B, C, D, E, F, R> function) {
    return hostFunction(name, (HostFunction) function);
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
  default <A, B, C, D, E, F, G, R extends @Nullable Object> S hostFunction(
      String name, HostFunction.Of7<A, B, C, D, E, F, G, R> function) {
    return hostFunction(name, (HostFunction) function);
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
  default <A, B, C, D, E, F, G, H, R extends @Nullable Object> S hostFunction(
      String name, HostFunction.Of8<A, B, C, D, E, F, G, H, R> function) {
    return hostFunction(name, (HostFunction) function);
  }

  /**
   * As {@link #hostFunction(String, HostFunction.Of0)}, with no parameter and without a result.
   *
   * @param name as the guest imports it
   * @param action runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidGuestException if the name is taken
   */
  default S hostAction(String name, HostFunction.Action0 action) {
    return hostFunction(name, (HostFunction) action);
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
  default <A> S hostAction(String name, HostFunction.Action1<A> action) {
    return hostFunction(name, (HostFunction) action);
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
  default <A, B> S hostAction(String name, HostFunction.Action2<A, B> action) {
    return hostFunction(name, (HostFunction) action);
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
  default <A, B, C> S hostAction(String name, HostFunction.Action3<A, B, C> action) {
    return hostFunction(name, (HostFunction) action);
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
  default <A, B, C, D> S hostAction(String name, HostFunction.Action4<A, B, C, D> action) {
    return hostFunction(name, (HostFunction) action);
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
  default <A, B, C, D, E> S hostAction(String name, HostFunction.Action5<A, B, C, D, E> action) {
    return hostFunction(name, (HostFunction) action);
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
  default <A, B, C, D, E, F> S hostAction(
      String name, HostFunction.Action6<A, B, C, D, E, F> action) {
    return hostFunction(name, (HostFunction) action);
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
  default <A, B, C, D, E, F, G> S hostAction(
      String name, HostFunction.Action7<A, B, C, D, E, F, G> action) {
    return hostFunction(name, (HostFunction) action);
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
  default <A, B, C, D, E, F, G, H> S hostAction(
      String name, HostFunction.Action8<A, B, C, D, E, F, G, H> action) {
    return hostFunction(name, (HostFunction) action);
  }
}
