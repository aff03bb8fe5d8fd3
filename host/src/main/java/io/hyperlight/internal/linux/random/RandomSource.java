package io.hyperlight.internal.linux.random;

import java.security.SecureRandom;
import java.util.OptionalLong;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Returns random numbers. They come from the host's generator, and do not repeat after a restore.
 * With a seed, for tests, they are the same each time.
 */
public final class RandomSource {
  /** Created when the first guest asks: it reads the host's own source of randomness. */
  private static final class Generator {
    static final SecureRandom INSTANCE = new SecureRandom();
  }

  private final OptionalLong seed;
  private @Nullable Random seeded;

  /**
   * Creates a source.
   *
   * @param seed empty for the host's generator
   */
  public RandomSource(OptionalLong seed) {
    this.seed = seed;
  }

  /** Starts over from the seed, if there is one. */
  public void restore() {
    seeded = null;
  }

  /** Returns the next bytes. */
  public byte[] next(int count) {
    byte[] bytes = new byte[count];
    generator().nextBytes(bytes);
    return bytes;
  }

  private Random generator() {
    if (seed.isEmpty()) {
      return Generator.INSTANCE;
    }
    if (seeded == null) {
      seeded = new Random(seed.getAsLong());
    }
    return seeded;
  }
}
