package io.hyperlight.bench;

/** Makes samplers of operations. The operations are long enough for a call through an interface. */
final class Timed {
  /** The number of short operations in one sample, which is their mean. */
  private static final int BATCH = 64;

  private Timed() {}

  /** An operation that is timed. */
  @FunctionalInterface
  interface Operation {
    void run() throws Throwable;
  }

  /** A loop of an operation that is too short for the clock. */
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

  /** Makes a sampler of a short operation. Each sample is the mean of a batch. */
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
