package io.hyperlight.internal.linux;

import io.hyperlight.internal.os.Errno;
import java.security.SecureRandom;
import java.util.OptionalLong;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * {@code getrandom(2)}, from the host's generator: never the same twice, whatever was restored. Or
 * from a seed, for tests that want the same.
 */
final class RandomCalls {
  private static final long GRND_NONBLOCK = 1;
  private static final long GRND_RANDOM = 2;
  private static final long GRND_INSECURE = 4;

  /** Made when the first guest asks: it reads the host's own source of randomness. */
  private static final class Generator {
    static final SecureRandom INSTANCE = new SecureRandom();
  }

  private final SystemCalls guest;
  private final OptionalLong seed;
  private @Nullable Random seeded;

  RandomCalls(SystemCalls guest, OptionalLong seed) {
    this.guest = guest;
    this.seed = seed;
  }

  static void register(SystemCallTable table) {
    table.on(318, (guest, a, b, c, d, e, f) -> guest.random().getRandom(a, b, c));
  }

  /** Starts anew with the seed, if there is one. */
  void restore() {
    seeded = null;
  }

  byte[] next(int count) {
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

  private long getRandom(long buffer, long size, long flags) {
    boolean bothSources = (flags & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE);
    if ((flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE)) != 0 || bothSources) {
      return -Errno.EINVAL;
    }
    long most = size < 0 ? Buffers.MOST_BYTES : Math.min(size, Buffers.MOST_BYTES);
    Buffers buffers = Buffers.one(guest, buffer, most);
    long done = 0;
    while (done < most) {
      int length = buffers.next(true);
      if (length == 0 && done == 0) {
        return -Errno.EFAULT;
      }
      if (length == 0) {
        break;
      }
      buffers.put(next(length), length);
      done += length;
      guest.checkpoint().passBytes(length);
    }
    return done;
  }
}
