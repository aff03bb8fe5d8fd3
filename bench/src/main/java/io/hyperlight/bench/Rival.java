package io.hyperlight.bench;

/**
 * Runs {@code add(int, int)} and {@code fib(int)}: a rival, or ours. Each sampler checks its
 * results.
 */
interface Rival extends AutoCloseable {
  /** What {@code fib} is asked for, and what it says. */
  int N = 20;

  int FIB_OF_N = 6765;

  /** {@return what users know it as, and how it is set up if there is a choice} */
  String title();

  /** {@return for how many times the usual one it has to be warmed up before the first row} */
  default int warmUps() {
    return 0;
  }

  /** The first result of {@code add} from nothing but the program, and the end of what made it. */
  Sampler first();

  /** {@code add} again and again in the same instance. */
  Sampler call();

  /** {@code add} in an instance that nothing ran in before. */
  Sampler fresh();

  /** {@code fib} again and again in the same instance. */
  Sampler compute();

  @Override
  default void close() {}
}
