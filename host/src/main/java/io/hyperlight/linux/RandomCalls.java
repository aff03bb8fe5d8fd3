package io.hyperlight.linux;

import io.hyperlight.os.Errno;
import java.security.SecureRandom;
import java.util.OptionalLong;
import java.util.Random;

/**
 * {@code getrandom(2)}, from the host's generator: never the same twice, whatever was restored. Or
 * from a seed, for tests that want the same.
 */
final class RandomCalls {
  private static final long GRND_NONBLOCK = 1;
  private static final long GRND_RANDOM = 2;
  private static final long GRND_INSECURE = 4;

  /** The most random bytes one call gives; a longer one is cut short, as a signal would do it. */
  private static final long LONGEST = 1 << 16;

  /** Made when the first guest asks: it reads the host's own source of randomness. */
  private static final class Generator {
    static final SecureRandom INSTANCE = new SecureRandom();
  }

  private final SystemCalls guest;
  private final OptionalLong seed;
  private Random seeded;

  RandomCalls(SystemCalls guest, OptionalLong seed) {
    this.guest = guest;
    this.seed = seed;
    seeded = new Random(seed.orElse(0));
  }

  static void register(SystemCallTable table) {
    table.on(318, (guest, a, b, c, d, e, f) -> guest.random().getRandom(a, b, c));
  }

  /** Starts anew with the seed, if there is one. */
  void restore() {
    if (seed.isPresent()) {
      seeded = new Random(seed.getAsLong());
    }
  }

  byte[] next(int count) {
    byte[] bytes = new byte[count];
    (seed.isPresent() ? seeded : Generator.INSTANCE).nextBytes(bytes);
    return bytes;
  }

  private long getRandom(long buffer, long size, long flags) {
    boolean bothSources = (flags & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE);
    if ((flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE)) != 0 || bothSources) {
      return -Errno.EINVAL;
    }
    byte[] bytes = next((int) (size < 0 ? LONGEST : Math.min(size, LONGEST)));
    guest.mem().write(buffer, bytes);
    return bytes.length;
  }
}
