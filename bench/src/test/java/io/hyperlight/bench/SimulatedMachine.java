package io.hyperlight.bench;

import java.util.Random;

/**
 * A machine of which only the clock is there. It flips between two speeds of an exit, as some
 * virtual machines do, and does other work in between.
 */
final class SimulatedMachine {
  private static final double FAST_EXIT_NANOS = 31_000;
  private static final double SLOW_EXIT_NANOS = 51_000;

  /** The mean time between two flips. */
  private static final double CALM_NANOS = 2e9;

  /** How often other work comes in between, and how long it then takes, as a mean. */
  private static final double DISTURBANCES = 0.05;

  private static final double DISTURBANCE_NANOS = 400_000;

  private final Random random;
  private final double noise;

  private double now;
  private double flip;
  private boolean slow;

  /**
   * Creates a machine.
   *
   * @param noise the standard deviation of a block's speed, as a share of it
   */
  SimulatedMachine(long seed, double noise) {
    random = new Random(seed);
    this.noise = noise;
    flip = calm();
    slow = random.nextBoolean();
  }

  private double calm() {
    return -Math.log(1 - random.nextDouble()) * CALM_NANOS;
  }

  long nanos() {
    return (long) now;
  }

  /**
   * Makes exits.
   *
   * @param factor how many times an exit a sample takes
   */
  Sampler exits(double factor) {
    return nanos -> {
      double speed = 1 + noise * random.nextGaussian();
      for (int i = 0; i < nanos.length; i++) {
        double exit = slow ? SLOW_EXIT_NANOS : FAST_EXIT_NANOS;
        double time = factor * exit * speed * (1 + 0.02 * random.nextGaussian());
        if (random.nextDouble() < DISTURBANCES) {
          time += -Math.log(1 - random.nextDouble()) * DISTURBANCE_NANOS;
        }
        nanos[i] = (long) time;
        pass(time);
      }
    };
  }

  private void pass(double time) {
    now += time;
    while (now > flip) {
      slow = !slow;
      flip += calm();
    }
  }
}
