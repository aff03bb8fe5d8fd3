package io.hyperlight;

import io.hyperlight.error.InvalidGuestException;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/**
 * Registers the Java code that answers a guest's host calls. All builders of sandboxes for
 * functions share these methods.
 *
 * @param <S> the type of the builder itself
 */
public sealed interface HostFunctionRegistry<S extends HostFunctionRegistry<S>>
    permits Sandbox.Builder, Snapshot.Spawner {
  /**
   * Lets calls and host calls pass through shared memory without leaving the VM. This is for guests
   * that are called in quick succession. Such a call takes well under a microsecond; leaving the VM
   * costs one on bare metal and dozens on nested virtualization. The sandbox then has a thread of
   * its own, on which its guest waits for the next call. That thread needs a processor besides the
   * caller's. Each side polls for the other for up to about 50 microseconds, or less if polling has
   * not helped before, and then sleeps. A sleeping side uses no processor time.
   *
   * <p>The first call after the sandbox was made or {@linkplain Sandbox#restore restored} is an
   * ordinary one. Requests of the guest other than host calls are ordinary as well. A restore first
   * has to stop the waiting guest, so this option does not pay for sandboxes that are restored
   * after each call.
   *
   * <p>A guest may also run between two calls, but not for long. If it does not wait, it is stopped
   * within some milliseconds, and goes on with the next call.
   *
   * @return this builder
   */
  S exitless();

  /**
   * Registers a method handle of any number of parameters for a function that the guest imports.
   * Its types must be exactly those of the guest's {@linkplain Guest#imports declaration}. This is
   * checked when the sandbox is built.
   *
   * @param name the name that the guest imports
   * @param function the code; it runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidGuestException if the name is already registered
   */
  S hostFunction(String name, MethodHandle function);

  /**
   * Registers Java code for a function that the guest imports, if the code is available as a value.
   * For a lambda, use one of the methods below. An object that implements several of the interfaces
   * counts as the first of them, in the order of {@link HostFunction}.
   *
   * @param name the name that the guest imports
   * @param function the code, with any number of parameters and with or without a result; it runs
   *     on the thread that calls the guest
   * @return this builder
   * @throws InvalidGuestException if the name is already registered
   */
  S hostFunction(String name, HostFunction function);

  /**
   * Registers Java code for a function that the guest imports. A function that the guest does not
   * import may be registered, too.
   *
   * <p>A lambda's parameters are boxed values of the declared types, such as {@code (Integer a,
   * Long b) -> a + b}. If its types are not the declared ones, the guest's call fails with a {@link
   * ClassCastException}. To check the types when the sandbox is built, register a {@linkplain
   * #hostFunction(String, MethodHandle) method handle}.
   *
   * @param <R> the result's type
   * @param name the name that the guest imports
   * @param function the code; it runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidGuestException if the name is already registered
   */
  default <R extends @Nullable Object> S hostFunction(String name, HostFunction.Of0<R> function) {
    return hostFunction(name, (HostFunction) function);
  }

  /**
   * Registers Java code as {@link #hostFunction(String, HostFunction.Of0)} does, with one
   * parameter.
   *
   * @param <A> the first parameter's type
   * @param <R> the result's type
   * @param name the name that the guest imports
   * @param function the code; it runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidGuestException if the name is already registered
   */
  default <A, R extends @Nullable Object> S hostFunction(
      String name, HostFunction.Of1<A, R> function) {
    return hostFunction(name, (HostFunction) function);
  }

  /**
   * Registers Java code as {@link #hostFunction(String, HostFunction.Of0)} does, with 2 parameters.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param <R> the result's type
   * @param name the name that the guest imports
   * @param function the code; it runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidGuestException if the name is already registered
   */
  default <A, B, R extends @Nullable Object> S hostFunction(
      String name, HostFunction.Of2<A, B, R> function) {
    return hostFunction(name, (HostFunction) function);
  }

  /**
   * Registers Java code as {@link #hostFunction(String, HostFunction.Of0)} does, with 3 parameters.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param <C> the third parameter's type
   * @param <R> the result's type
   * @param name the name that the guest imports
   * @param function the code; it runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidGuestException if the name is already registered
   */
  default <A, B, C, R extends @Nullable Object> S hostFunction(
      String name, HostFunction.Of3<A, B, C, R> function) {
    return hostFunction(name, (HostFunction) function);
  }

  /**
   * Registers Java code as {@link #hostFunction(String, HostFunction.Of0)} does, with 4 parameters.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param <C> the third parameter's type
   * @param <D> the fourth parameter's type
   * @param <R> the result's type
   * @param name the name that the guest imports
   * @param function the code; it runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidGuestException if the name is already registered
   */
  default <A, B, C, D, R extends @Nullable Object> S hostFunction(
      String name, HostFunction.Of4<A, B, C, D, R> function) {
    return hostFunction(name, (HostFunction) function);
  }

  /**
   * Registers Java code as {@link #hostFunction(String, HostFunction.Of0)} does, with 5 parameters.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param <C> the third parameter's type
   * @param <D> the fourth parameter's type
   * @param <E> the fifth parameter's type
   * @param <R> the result's type
   * @param name the name that the guest imports
   * @param function the code; it runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidGuestException if the name is already registered
   */
  default <A, B, C, D, E, R extends @Nullable Object> S hostFunction(
      String name, HostFunction.Of5<A, B, C, D, E, R> function) {
    return hostFunction(name, (HostFunction) function);
  }

  /**
   * Registers Java code as {@link #hostFunction(String, HostFunction.Of0)} does, with 6 parameters.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param <C> the third parameter's type
   * @param <D> the fourth parameter's type
   * @param <E> the fifth parameter's type
   * @param <F> the sixth parameter's type
   * @param <R> the result's type
   * @param name the name that the guest imports
   * @param function the code; it runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidGuestException if the name is already registered
   */
  default <A, B, C, D, E, F, R extends @Nullable Object> S hostFunction(
      String name, HostFunction.Of6<A, B, C, D, E, F, R> function) {
    return hostFunction(name, (HostFunction) function);
  }

  /**
   * Registers Java code as {@link #hostFunction(String, HostFunction.Of0)} does, with 7 parameters.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param <C> the third parameter's type
   * @param <D> the fourth parameter's type
   * @param <E> the fifth parameter's type
   * @param <F> the sixth parameter's type
   * @param <G> the seventh parameter's type
   * @param <R> the result's type
   * @param name the name that the guest imports
   * @param function the code; it runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidGuestException if the name is already registered
   */
  default <A, B, C, D, E, F, G, R extends @Nullable Object> S hostFunction(
      String name, HostFunction.Of7<A, B, C, D, E, F, G, R> function) {
    return hostFunction(name, (HostFunction) function);
  }

  /**
   * Registers Java code as {@link #hostFunction(String, HostFunction.Of0)} does, with 8 parameters.
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
   * @param name the name that the guest imports
   * @param function the code; it runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidGuestException if the name is already registered
   */
  default <A, B, C, D, E, F, G, H, R extends @Nullable Object> S hostFunction(
      String name, HostFunction.Of8<A, B, C, D, E, F, G, H, R> function) {
    return hostFunction(name, (HostFunction) function);
  }

  /**
   * Registers Java code as {@link #hostFunction(String, HostFunction.Of0)} does, with no parameter
   * and without a result.
   *
   * @param name the name that the guest imports
   * @param action the code; it runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidGuestException if the name is already registered
   */
  default S hostAction(String name, HostFunction.Action0 action) {
    return hostFunction(name, (HostFunction) action);
  }

  /**
   * Registers Java code as {@link #hostFunction(String, HostFunction.Of0)} does, with one parameter
   * and without a result.
   *
   * @param <A> the first parameter's type
   * @param name the name that the guest imports
   * @param action the code; it runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidGuestException if the name is already registered
   */
  default <A> S hostAction(String name, HostFunction.Action1<A> action) {
    return hostFunction(name, (HostFunction) action);
  }

  /**
   * Registers Java code as {@link #hostFunction(String, HostFunction.Of0)} does, with 2 parameters
   * and without a result.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param name the name that the guest imports
   * @param action the code; it runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidGuestException if the name is already registered
   */
  default <A, B> S hostAction(String name, HostFunction.Action2<A, B> action) {
    return hostFunction(name, (HostFunction) action);
  }

  /**
   * Registers Java code as {@link #hostFunction(String, HostFunction.Of0)} does, with 3 parameters
   * and without a result.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param <C> the third parameter's type
   * @param name the name that the guest imports
   * @param action the code; it runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidGuestException if the name is already registered
   */
  default <A, B, C> S hostAction(String name, HostFunction.Action3<A, B, C> action) {
    return hostFunction(name, (HostFunction) action);
  }

  /**
   * Registers Java code as {@link #hostFunction(String, HostFunction.Of0)} does, with 4 parameters
   * and without a result.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param <C> the third parameter's type
   * @param <D> the fourth parameter's type
   * @param name the name that the guest imports
   * @param action the code; it runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidGuestException if the name is already registered
   */
  default <A, B, C, D> S hostAction(String name, HostFunction.Action4<A, B, C, D> action) {
    return hostFunction(name, (HostFunction) action);
  }

  /**
   * Registers Java code as {@link #hostFunction(String, HostFunction.Of0)} does, with 5 parameters
   * and without a result.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param <C> the third parameter's type
   * @param <D> the fourth parameter's type
   * @param <E> the fifth parameter's type
   * @param name the name that the guest imports
   * @param action the code; it runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidGuestException if the name is already registered
   */
  default <A, B, C, D, E> S hostAction(String name, HostFunction.Action5<A, B, C, D, E> action) {
    return hostFunction(name, (HostFunction) action);
  }

  /**
   * Registers Java code as {@link #hostFunction(String, HostFunction.Of0)} does, with 6 parameters
   * and without a result.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param <C> the third parameter's type
   * @param <D> the fourth parameter's type
   * @param <E> the fifth parameter's type
   * @param <F> the sixth parameter's type
   * @param name the name that the guest imports
   * @param action the code; it runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidGuestException if the name is already registered
   */
  default <A, B, C, D, E, F> S hostAction(
      String name, HostFunction.Action6<A, B, C, D, E, F> action) {
    return hostFunction(name, (HostFunction) action);
  }

  /**
   * Registers Java code as {@link #hostFunction(String, HostFunction.Of0)} does, with 7 parameters
   * and without a result.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param <C> the third parameter's type
   * @param <D> the fourth parameter's type
   * @param <E> the fifth parameter's type
   * @param <F> the sixth parameter's type
   * @param <G> the seventh parameter's type
   * @param name the name that the guest imports
   * @param action the code; it runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidGuestException if the name is already registered
   */
  default <A, B, C, D, E, F, G> S hostAction(
      String name, HostFunction.Action7<A, B, C, D, E, F, G> action) {
    return hostFunction(name, (HostFunction) action);
  }

  /**
   * Registers Java code as {@link #hostFunction(String, HostFunction.Of0)} does, with 8 parameters
   * and without a result.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param <C> the third parameter's type
   * @param <D> the fourth parameter's type
   * @param <E> the fifth parameter's type
   * @param <F> the sixth parameter's type
   * @param <G> the seventh parameter's type
   * @param <H> the eighth parameter's type
   * @param name the name that the guest imports
   * @param action the code; it runs on the thread that calls the guest
   * @return this builder
   * @throws InvalidGuestException if the name is already registered
   */
  default <A, B, C, D, E, F, G, H> S hostAction(
      String name, HostFunction.Action8<A, B, C, D, E, F, G, H> action) {
    return hostFunction(name, (HostFunction) action);
  }
}
