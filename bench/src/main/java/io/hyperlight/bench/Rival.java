package io.hyperlight.bench;

/**
 * A way to run {@code add(int, int)} and {@code fib(int)}. It is a rival or the library itself.
 * Each sampler checks its results.
 */
interface Rival extends AutoCloseable {
  /** The argument of {@code fib}. */
  int N = 20;

  /** The result of {@code fib} for {@link #N}. */
  int FIB_OF_N = 6765;

  /** {@return the name that users know, with the setup if there is a choice} */
  String title();

  /** {@return the time of the warm-up before the first row, as a multiple of the usual time} */
  default int warmUps() {
    return 0;
  }

  /** Returns a sampler of the first result of {@code add}. It includes the start and the end. */
  Sampler first();

  /** Returns a sampler of {@code add}, repeated in the same instance. */
  Sampler call();

  /** Returns a sampler of {@code add} in an instance in which nothing ran before. */
  Sampler fresh();

  /** Returns a sampler of {@code fib}, repeated in the same instance. */
  Sampler compute();

  @Override
  default void close() {}
}
