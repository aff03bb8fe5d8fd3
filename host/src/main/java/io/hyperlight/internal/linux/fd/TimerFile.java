package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.linux.time.ClockNumber;
import io.hyperlight.internal.linux.time.TimerSpec;
import io.hyperlight.internal.linux.wait.Deadline;
import io.hyperlight.internal.linux.wait.Expirations;
import io.hyperlight.internal.linux.wait.QueuedTimer;
import io.hyperlight.internal.linux.wait.TimerQueue;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A timer whose expirations are read: {@code timerfd_create(2)}. After an expiration it is not in
 * the queue of timers until somebody reads. Expirations meanwhile are counted by arithmetic. So a
 * short interval costs the host no more than the reads.
 */
final class TimerFile extends AnonymousFile {
  private static final long NANOS = 1_000_000_000L;

  private final TimerQueue queue;
  private final Readiness readiness = new Readiness();
  private final int clockNumber;
  private final Deadline.Clock clock;
  private final QueuedTimer timer =
      new QueuedTimer() {
        @Override
        protected void expired() {
          changes(); // a restore has to set it again
          hasExpired = true;
          readiness.input().changed();
        }
      };

  private Expirations expirations = Expirations.NONE;
  private int settingFlags;

  /** Whether it has expired since the last read. With the embedder's clock, it may do so early. */
  private boolean hasExpired;

  /**
   * Creates a timer that is stopped.
   *
   * @param clockNumber of its clock, which is one that timers can have
   */
  TimerFile(Changes changes, int flags, TimerQueue queue, int clockNumber) {
    super(changes, flags, "[timerfd]");
    this.queue = queue;
    this.clockNumber = clockNumber;
    clock = ClockNumber.clock(clockNumber);
  }

  long now() {
    return queue.now(clock);
  }

  /** Returns the present setting. */
  TimerSpec current() {
    return new TimerSpec(expirations.left(now()), expirations.interval());
  }

  /** Starts it anew, or stops it. */
  void set(Expirations wanted, int flags) {
    changes();
    expirations = wanted;
    settingFlags = flags;
    enqueue();
    if (count(now()) > 0) {
      readiness.input().changed();
    }
  }

  /** Returns how many expirations can be read. */
  private long count(long now) {
    long count = expirations.count(now);
    return count == 0 && hasExpired ? 1 : count;
  }

  private void enqueue() {
    hasExpired = false;
    queue.set(
        timer, expirations.isNone() ? Deadline.NEVER : Deadline.at(clock, expirations.next()));
  }

  @Override
  public String information() {
    TimerSpec left = current();
    return "clockid: %d\nticks: %d\nsettime flags: 0%o\nit_value: (%d, %d)\nit_interval: (%d, %d)\n"
        .formatted(
            clockNumber,
            count(now()),
            settingFlags,
            left.value() / NANOS,
            left.value() % NANOS,
            left.interval() / NANOS,
            left.interval() % NANOS);
  }

  @Override
  SavedFile save(FileSaver saver) {
    return new SavedFile.Timer(flags(), clockNumber, expirations, settingFlags);
  }

  /** Sets it to a state in a snapshot. */
  TimerFile restore(SavedFile.Timer earlier) {
    expirations = earlier.expirations();
    settingFlags = earlier.settingFlags();
    enqueue();
    return this;
  }

  @Override
  public void free() {
    queue.stop(timer);
  }

  @Override
  int read(Caller caller, byte[] target) {
    if (target.length < Long.BYTES) {
      throw new FileException(Errno.EINVAL);
    }
    long now = now();
    long count = count(now);
    if (count == 0) {
      throw block(caller, "waits for a timer (read)", readiness.input());
    }
    changes();
    expirations = expirations.afterExpiry(now);
    enqueue();
    ByteBuffer.wrap(target).order(ByteOrder.LITTLE_ENDIAN).putLong(count);
    return Long.BYTES;
  }

  @Override
  boolean isEmpty() {
    return count(now()) == 0;
  }

  @Override
  Readiness readiness() {
    return readiness;
  }

  @Override
  int ready(Caller caller) {
    return count(now()) > 0 ? PollEvents.POLLIN : 0;
  }
}
