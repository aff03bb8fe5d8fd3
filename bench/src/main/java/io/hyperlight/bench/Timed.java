package io.hyperlight.bench;

/** Makes samplers of operations that are long enough to be called through an interface. */
final class Timed {
  /** How many short operations one sample is the mean of. */
  private static final int BATCH = 64;

  private Timed() {}

  /** Something to be timed. */
  @FunctionalInterface
  interface Operation {
    void run() throws Throwable;
  }

  /** Something too short for the clock, in a loop of its own. */
  @FunctionalInterface
  interface Loop {
    void run(int rounds) throws Throwable;
  }

  static Sampler each(Operation operation) {
    return nanos -> {
      long last = System.nanoTime();
      for (int i = 0; i < nanos.length; i++) {
        operation.run();
        long time = System.nanoTime();
        nanos[i] = time - last;
        last = time;
      }
    };
  }

  /** Each sample is a mean. */
  static Sampler inBatches(Loop loop) {
    return nanos -> {
      long last = System.nanoTime();
      for (int i = 0; i < nanos.length; i++) {
        loop.run(BATCH);
        long time = System.nanoTime();
        nanos[i] = (time - last) / BATCH;
        last = time;
      }
    };
  }
}
