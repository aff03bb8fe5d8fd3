package io.hyperlight.internal.linux.time;

import io.hyperlight.internal.linux.wait.Deadline;
import io.hyperlight.internal.linux.wait.WaitClock;
import io.hyperlight.internal.restore.Restorable;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * The clocks of a world. Real time is that of the embedder's clock. Monotonic time begins with the
 * sandbox and tells the guest nothing about the host. After a restore, it continues from its value
 * in the snapshot. To the guest, it looks as if the machine had been suspended: real time has gone
 * on, and so has {@code CLOCK_BOOTTIME}.
 *
 * <p>Nothing reads a clock before the guest does. So the restore of a guest that reads none costs
 * nothing.
 */
public final class GuestClock implements WaitClock, Restorable<ClockState> {
  private static final long NANOS = 1_000_000_000L;
  private static final long FURTHEST_SECONDS = Long.MAX_VALUE / NANOS - 1;

  private final @Nullable InstantSource source;

  /** The state from which monotonic time goes on when it is read for the first time. */
  private ClockState begin = ClockState.INITIAL;

  /** Monotonic time at {@link #hostStart}, in nanoseconds. */
  private long start;

  /** The host's time at which monotonic time was last read. Unknown before the first reading. */
  private long hostStart;

  /** How long the world has been frozen, in nanoseconds. Unknown before the first reading. */
  private long frozen;

  private boolean started;

  /**
   * Creates clocks that were not read yet.
   *
   * @param source the embedder's clock; null for the host's
   */
  public GuestClock(@Nullable InstantSource source) {
    this.source = source;
  }

  /** Returns the clocks as the guest would read them now. */
  public ClockState state() {
    return started ? new ClockState(monotonic(), frozen, realNanos()) : begin;
  }

  @Override
  public void restore(ClockState earlier) {
    begin = earlier;
    started = false;
  }

  /** Returns real time. */
  public Instant instant() {
    return source == null ? Instant.now() : source.instant();
  }

  /** Returns real time in nanoseconds since 1970. */
  private long realNanos() {
    Instant now = instant();
    // A clock may return times that do not fit into a long. They are limited to its range.
    long seconds = Math.clamp(now.getEpochSecond(), -FURTHEST_SECONDS, FURTHEST_SECONDS);
    return seconds * NANOS + now.getNano();
  }

  private long hostNanos() {
    return source == null ? System.nanoTime() : realNanos();
  }

  /** Monotonic time begins with 1, as some programs take 0 for "never". */
  private void start(long host) {
    started = true;
    hostStart = host;
    start = Math.max(begin.monotonicNanos(), 1);
    frozen = begin.frozenNanos();
    if (begin.monotonicNanos() != 0) {
      frozen = later(frozen, realNanos(), begin.realNanos());
    }
  }

  /** Returns a time plus what has passed, if time goes forward by less than centuries. */
  private static long later(long time, long now, long before) {
    long passed = now - before;
    return now > before && passed > 0 && time + passed > time ? time + passed : time;
  }

  /**
   * Returns monotonic time in nanoseconds. It never goes back, whatever the embedder's clock does.
   */
  long monotonic() {
    long host = hostNanos();
    if (!started) {
      start(host);
    }
    start = later(start, host, hostStart);
    hostStart = host;
    return start;
  }

  /** Returns {@code CLOCK_BOOTTIME} in nanoseconds, which goes on while the world is frozen. */
  public long boot() {
    long now = monotonic();
    return later(now, frozen, 0);
  }

  /** Returns one of the two clocks in nanoseconds. */
  public long now(boolean real) {
    Instant now = instant();
    return real ? Times.nanos(now.getEpochSecond(), now.getNano()) : monotonic();
  }

  @Override
  public long nanos(Deadline.Clock of) {
    return of == Deadline.Clock.BOOT ? boot() : now(of == Deadline.Clock.REAL);
  }

  @Override
  public boolean isEmbedders() {
    return source != null;
  }
}
