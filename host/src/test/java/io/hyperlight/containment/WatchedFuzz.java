package io.hyperlight.containment;

import java.util.Random;

/**
 * Makes random system calls, in a library that is loaded once more. For {@link
 * io.hyperlight.internal.linux.ChangingMemoryTest}.
 */
public final class WatchedFuzz implements Runnable {
  private static final int LONGEST = 1500;

  private final Random random;
  private final int inputs;

  /** Makes so many inputs from a seed. */
  public WatchedFuzz(long seed, int inputs) {
    random = new Random(seed);
    this.inputs = inputs;
  }

  @Override
  public void run() {
    SystemCallTarget target = new SystemCallTarget();
    try {
      for (int i = 0; i < inputs; i++) {
        byte[] input = new byte[random.nextInt(LONGEST)];
        random.nextBytes(input);
        target.tryInput(input);
      }
      target.checkNothingIsLeft();
    } finally {
      target.close();
    }
  }
}
