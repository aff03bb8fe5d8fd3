package io.hyperlight.internal.linux.random;

import io.hyperlight.internal.linux.base.Buffers;
import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Errno;

/** Answers {@code getrandom(2)}. */
public final class RandomCalls {
  private static final long GRND_NONBLOCK = 1;
  private static final long GRND_RANDOM = 2;
  private static final long GRND_INSECURE = 4;

  private final RandomSource random;
  private final GuestMemory memory;
  private final Checkpoint checkpoint;

  public RandomCalls(RandomSource random, GuestMemory memory, Checkpoint checkpoint) {
    this.random = random;
    this.memory = memory;
    this.checkpoint = checkpoint;
  }

  public long getrandom(long buffer, long size, long flags) {
    boolean bothSources = (flags & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE);
    if ((flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE)) != 0 || bothSources) {
      return -Errno.EINVAL;
    }
    long most = size < 0 ? Buffers.MAX_BYTES : Math.min(size, Buffers.MAX_BYTES);
    Buffers buffers = Buffers.one(memory, buffer, most);
    long done = 0;
    while (done < most) {
      int length = buffers.next(true);
      if (length == 0 && done == 0) {
        return -Errno.EFAULT;
      }
      if (length == 0) {
        break;
      }
      buffers.put(random.next(length), length);
      done += length;
      checkpoint.passBytes(length);
    }
    return done;
  }
}
