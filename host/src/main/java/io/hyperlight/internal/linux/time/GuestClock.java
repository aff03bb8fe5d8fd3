package io.hyperlight.internal.linux.time;

import io.hyperlight.internal.linux.wait.Deadline;
import io.hyperlight.internal.linux.wait.WaitClock;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * The clocks of a world. Real time is that of the embedder's clock. Monotonic time begins with the
 * sandbox and tells the guest nothing about the host. After a restore, it continues from its value
 * in the snapshot. To the guest, it looks as if the machine had been suspended.
 */
public final class GuestClock implements WaitClock {
  private static final long NANOS = 1_000_000_000L;
  private static final long FURTHEST_SECONDS = Long.MAX_VALUE / NANOS - 1;

  private final @Nullable InstantSource source;

  /** Monotonic time at {@link #hostStart}, in nanoseconds. */
  private long start;

  /** The host's time at which monotonic time was last read. Unknown before the first reading. */
  private long hostStart;

  private boolean started;

  /**
   * Creates clocks that were not read yet.
   *
   * @param source the embedder's clock; null for the host's
   */
  public GuestClock(@Nullable InstantSource source) {
    this.source = source;
  }

  /**
   * Returns monotonic time in nanoseconds, as the guest would read it now; 0 if it has never read
   * it.
   */
  public long state() {
    return started ? monotonic() : start;
  }

  public void restore(long monotonic) {
    start = monotonic;
    started = false;
  }

  /** Returns real time. */
  public Instant instant() {
    return source == null ? Instant.now() : source.instant();
  }

  private long hostNanos() {
    if (source == null) {
      return System.nanoTime();
    }
    Instant now = source.instant();
    // A clock may return times that do not fit into a long. They are limited to its range.
    long seconds = Math.clamp(now.getEpochSecond(), -FURTHEST_SECONDS, FURTHEST_SECONDS);
    return seconds * NANOS + now.getNano();
  }

  /**
   * Returns monotonic time in nanoseconds. It never goes back, whatever the embedder's clock does.
   * It begins with 1, as some programs take 0 for "never".
   */
  long monotonic() {
    long host = hostNanos();
    if (!started) {
      started = true;
      hostStart = host;
      start = Math.max(start, 1);
    }
    if (host < hostStart) {
      hostStart = host;
    }
    long passed = host - hostStart;
    // A jump by centuries could overflow the sum. It is ignored.
    if (passed > 0 && start + passed > start) {
      start += passed;
    }
    hostStart = host;
    return start;
  }

  /** Returns one of the two clocks in nanoseconds. */
  public long now(boolean real) {
    Instant now = instant();
    return real ? Times.nanos(now.getEpochSecond(), now.getNano()) : monotonic();
  }

  @Override
  public long nanos(Deadline.Clock of) {
    return now(of == Deadline.Clock.REAL);
  }

  @Override
  public boolean isEmbedders() {
    return source != null;
  }
}
