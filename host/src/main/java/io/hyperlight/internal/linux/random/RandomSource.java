package io.hyperlight.internal.linux.random;

import java.security.SecureRandom;
import java.util.OptionalLong;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Random numbers from the host's generator: never the same twice, whatever was restored. Or from a
 * seed, for tests that want the same.
 */
public final class RandomSource {
  /** Made when the first guest asks: it reads the host's own source of randomness. */
  private static final class Generator {
    static final SecureRandom INSTANCE = new SecureRandom();
  }

  private final OptionalLong seed;
  private @Nullable Random seeded;

  /**
   * A source.
   *
   * @param seed empty for the host's generator
   */
  public RandomSource(OptionalLong seed) {
    this.seed = seed;
  }

  /** Starts anew with the seed, if there is one. */
  public void restore() {
    seeded = null;
  }

  /** The next bytes. */
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
