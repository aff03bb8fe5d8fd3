package io.hyperlight;

import io.hyperlight.error.HostFunctionException;
import org.jspecify.annotations.Nullable;

/**
 * Java code that answers a guest's host calls. The nested interfaces are meant for lambdas. {@code
 * Of0} to {@code Of8} have that number of parameters and a result. {@code Action0} to {@code
 * Action8} have no result.
 *
 * <p>Host functions run on the thread that called the guest. They may throw anything. An exception
 * becomes an error in the guest. If the guest aborts because of the error, the caller gets the
 * exception as the cause of a {@link HostFunctionException}.
 */
public sealed interface HostFunction {

  /**
   * A function of no parameter.
   *
   * @param <R> the result's type
   */
  @FunctionalInterface
  non-sealed interface Of0<R extends @Nullable Object> extends HostFunction {
    /**
     * Answers a call.
     *
     * @return the result
     * @throws Exception if it fails
     */
    R call() throws Exception;
  }

  /**
   * A function of one parameter.
   *
   * @param <A> the first parameter's type
   * @param <R> the result's type
   */
  @FunctionalInterface
  non-sealed interface Of1<A, R extends @Nullable Object> extends HostFunction {
    /**
     * Answers a call.
     *
     * @param a the first argument
     * @return the result
     * @throws Exception if it fails
     */
    R call(A a) throws Exception;
  }

  /**
   * A function of 2 parameters.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param <R> the result's type
   */
  @FunctionalInterface
  non-sealed interface Of2<A, B, R extends @Nullable Object> extends HostFunction {
    /**
     * Answers a call.
     *
     * @param a the first argument
     * @param b the second argument
     * @return the result
     * @throws Exception if it fails
     */
    R call(A a, B b) throws Exception;
  }

  /**
   * A function of 3 parameters.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param <C> the third parameter's type
   * @param <R> the result's type
   */
  @FunctionalInterface
  non-sealed interface Of3<A, B, C, R extends @Nullable Object> extends HostFunction {
    /**
     * Answers a call.
     *
     * @param a the first argument
     * @param b the second argument
     * @param c the third argument
     * @return the result
     * @throws Exception if it fails
     */
    R call(A a, B b, C c) throws Exception;
  }

  /**
   * A function of 4 parameters.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param <C> the third parameter's type
   * @param <D> the fourth parameter's type
   * @param <R> the result's type
   */
  @FunctionalInterface
  non-sealed interface Of4<A, B, C, D, R extends @Nullable Object> extends HostFunction {
    /**
     * Answers a call.
     *
     * @param a the first argument
     * @param b the second argument
     * @param c the third argument
     * @param d the fourth argument
     * @return the result
     * @throws Exception if it fails
     */
    R call(A a, B b, C c, D d) throws Exception;
  }

  /**
   * A function of 5 parameters.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param <C> the third parameter's type
   * @param <D> the fourth parameter's type
   * @param <E> the fifth parameter's type
   * @param <R> the result's type
   */
  @FunctionalInterface
  non-sealed interface Of5<A, B, C, D, E, R extends @Nullable Object> extends HostFunction {
    /**
     * Answers a call.
     *
     * @param a the first argument
     * @param b the second argument
     * @param c the third argument
     * @param d the fourth argument
     * @param e the fifth argument
     * @return the result
     * @throws Exception if it fails
     */
    R call(A a, B b, C c, D d, E e) throws Exception;
  }

  /**
   * A function of 6 parameters.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param <C> the third parameter's type
   * @param <D> the fourth parameter's type
   * @param <E> the fifth parameter's type
   * @param <F> the sixth parameter's type
   * @param <R> the result's type
   */
  @FunctionalInterface
  non-sealed interface Of6<A, B, C, D, E, F, R extends @Nullable Object> extends HostFunction {
    /**
     * Answers a call.
     *
     * @param a the first argument
     * @param b the second argument
     * @param c the third argument
     * @param d the fourth argument
     * @param e the fifth argument
     * @param f the sixth argument
     * @return the result
     * @throws Exception if it fails
     */
    R call(A a, B b, C c, D d, E e, F f) throws Exception;
  }

  /**
   * A function of 7 parameters.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param <C> the third parameter's type
   * @param <D> the fourth parameter's type
   * @param <E> the fifth parameter's type
   * @param <F> the sixth parameter's type
   * @param <G> the seventh parameter's type
   * @param <R> the result's type
   */
  @FunctionalInterface
  non-sealed interface Of7<A, B, C, D, E, F, G, R extends @Nullable Object> extends HostFunction {
    /**
     * Answers a call.
     *
     * @param a the first argument
     * @param b the second argument
     * @param c the third argument
     * @param d the fourth argument
     * @param e the fifth argument
     * @param f the sixth argument
     * @param g the seventh argument
     * @return the result
     * @throws Exception if it fails
     */
    R call(A a, B b, C c, D d, E e, F f, G g) throws Exception;
  }

  /**
   * A function of 8 parameters.
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
   */
  @FunctionalInterface
  non-sealed interface Of8<A, B, C, D, E, F, G, H, R extends @Nullable Object>
      extends HostFunction {
    /**
     * Answers a call.
     *
     * @param a the first argument
     * @param b the second argument
     * @param c the third argument
     * @param d the fourth argument
     * @param e the fifth argument
     * @param f the sixth argument
     * @param g the seventh argument
     * @param h the eighth argument
     * @return the result
     * @throws Exception if it fails
     */
    R call(A a, B b, C c, D d, E e, F f, G g, H h) throws Exception;
  }

  /** A function of no parameter without a result. */
  @FunctionalInterface
  non-sealed interface Action0 extends HostFunction {
    /**
     * Answers a call.
     *
     * @throws Exception if it fails
     */
    void call() throws Exception;
  }

  /**
   * A function of one parameter without a result.
   *
   * @param <A> the first parameter's type
   */
  @FunctionalInterface
  non-sealed interface Action1<A> extends HostFunction {
    /**
     * Answers a call.
     *
     * @param a the first argument
     * @throws Exception if it fails
     */
    void call(A a) throws Exception;
  }

  /**
   * A function of 2 parameters without a result.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   */
  @FunctionalInterface
  non-sealed interface Action2<A, B> extends HostFunction {
    /**
     * Answers a call.
     *
     * @param a the first argument
     * @param b the second argument
     * @throws Exception if it fails
     */
    void call(A a, B b) throws Exception;
  }

  /**
   * A function of 3 parameters without a result.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param <C> the third parameter's type
   */
  @FunctionalInterface
  non-sealed interface Action3<A, B, C> extends HostFunction {
    /**
     * Answers a call.
     *
     * @param a the first argument
     * @param b the second argument
     * @param c the third argument
     * @throws Exception if it fails
     */
    void call(A a, B b, C c) throws Exception;
  }

  /**
   * A function of 4 parameters without a result.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param <C> the third parameter's type
   * @param <D> the fourth parameter's type
   */
  @FunctionalInterface
  non-sealed interface Action4<A, B, C, D> extends HostFunction {
    /**
     * Answers a call.
     *
     * @param a the first argument
     * @param b the second argument
     * @param c the third argument
     * @param d the fourth argument
     * @throws Exception if it fails
     */
    void call(A a, B b, C c, D d) throws Exception;
  }

  /**
   * A function of 5 parameters without a result.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param <C> the third parameter's type
   * @param <D> the fourth parameter's type
   * @param <E> the fifth parameter's type
   */
  @FunctionalInterface
  non-sealed interface Action5<A, B, C, D, E> extends HostFunction {
    /**
     * Answers a call.
     *
     * @param a the first argument
     * @param b the second argument
     * @param c the third argument
     * @param d the fourth argument
     * @param e the fifth argument
     * @throws Exception if it fails
     */
    void call(A a, B b, C c, D d, E e) throws Exception;
  }

  /**
   * A function of 6 parameters without a result.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param <C> the third parameter's type
   * @param <D> the fourth parameter's type
   * @param <E> the fifth parameter's type
   * @param <F> the sixth parameter's type
   */
  @FunctionalInterface
  non-sealed interface Action6<A, B, C, D, E, F> extends HostFunction {
    /**
     * Answers a call.
     *
     * @param a the first argument
     * @param b the second argument
     * @param c the third argument
     * @param d the fourth argument
     * @param e the fifth argument
     * @param f the sixth argument
     * @throws Exception if it fails
     */
    void call(A a, B b, C c, D d, E e, F f) throws Exception;
  }

  /**
   * A function of 7 parameters without a result.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param <C> the third parameter's type
   * @param <D> the fourth parameter's type
   * @param <E> the fifth parameter's type
   * @param <F> the sixth parameter's type
   * @param <G> the seventh parameter's type
   */
  @FunctionalInterface
  non-sealed interface Action7<A, B, C, D, E, F, G> extends HostFunction {
    /**
     * Answers a call.
     *
     * @param a the first argument
     * @param b the second argument
     * @param c the third argument
     * @param d the fourth argument
     * @param e the fifth argument
     * @param f the sixth argument
     * @param g the seventh argument
     * @throws Exception if it fails
     */
    void call(A a, B b, C c, D d, E e, F f, G g) throws Exception;
  }

  /**
   * A function of 8 parameters without a result.
   *
   * @param <A> the first parameter's type
   * @param <B> the second parameter's type
   * @param <C> the third parameter's type
   * @param <D> the fourth parameter's type
   * @param <E> the fifth parameter's type
   * @param <F> the sixth parameter's type
   * @param <G> the seventh parameter's type
   * @param <H> the eighth parameter's type
   */
  @FunctionalInterface
  non-sealed interface Action8<A, B, C, D, E, F, G, H> extends HostFunction {
    /**
     * Answers a call.
     *
     * @param a the first argument
     * @param b the second argument
     * @param c the third argument
     * @param d the fourth argument
     * @param e the fifth argument
     * @param f the sixth argument
     * @param g the seventh argument
     * @param h the eighth argument
     * @throws Exception if it fails
     */
    void call(A a, B b, C c, D d, E e, F f, G g, H h) throws Exception;
  }
}
