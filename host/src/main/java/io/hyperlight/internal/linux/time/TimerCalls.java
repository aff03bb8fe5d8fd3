package io.hyperlight.internal.linux.time;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.base.Need;
import io.hyperlight.internal.linux.base.Refusals;
import io.hyperlight.internal.os.Errno;
import java.nio.ByteBuffer;

/**
 * Refuses timers that send signals: {@code alarm(2)}, {@code setitimer(2)}, {@code
 * timer_create(2)}. No timer can be started. It is no error to stop one, or to ask for its state.
 */
public final class TimerCalls {
  private static final int KINDS = 3;
  private static final int TIMER_SIZE = 32;
  private static final long MICROSECONDS = 1_000_000;

  private final GuestMemory memory;
  private final Refusals refusals;

  public TimerCalls(GuestMemory memory, Refusals refusals) {
    this.memory = memory;
    this.refusals = refusals;
  }

  public long alarm(int seconds) {
    return seconds == 0 ? 0 : refuse("alarm");
  }

  private long refuse(String call) {
    refusals.count(call);
    refusals.need(Need.TIMERS, call);
    return -Errno.ENOSYS;
  }

  public long getitimer(int kind, long target) {
    if (kind < 0 || kind >= KINDS) {
      return -Errno.EINVAL;
    }
    memory.write(target, new byte[TIMER_SIZE]);
    return 0;
  }

  public long setitimer(int kind, long source, long target) {
    long seconds = 0;
    long microseconds = 0;
    if (source != 0) {
      ByteBuffer timer = memory.readStruct(source, TIMER_SIZE);
      for (int part = 0; part < 2; part++) { // first the interval, then the first expiry
        seconds = timer.getLong();
        microseconds = timer.getLong();
        if (seconds < 0 || microseconds < 0 || microseconds >= MICROSECONDS) {
          return -Errno.EINVAL;
        }
      }
    }
    if (kind < 0 || kind >= KINDS) {
      return -Errno.EINVAL;
    }
    if (seconds != 0 || microseconds != 0) {
      return refuse("setitimer");
    }
    return target == 0 ? 0 : getitimer(kind, target);
  }
}
