package io.hyperlight.internal.linux.time;

import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * The clocks of a world. Real time is that of the embedder's clock. Monotonic time begins with the
 * sandbox and tells nothing about the host; after a restore it goes on from where it was in the
 * snapshot, as if the machine had been suspended meanwhile.
 */
public final class GuestClock {
  private static final long NANOS = 1_000_000_000L;
  private static final long FURTHEST_SECONDS = Long.MAX_VALUE / NANOS - 1;

  private final @Nullable InstantSource source;

  /** Monotonic time at {@link #hostStart}. */
  private long start;

  /** When it started to go on, by the host's clock; unknown before somebody asks. */
  private long hostStart;

  private boolean started;

  /**
   * Clocks that nobody has asked.
   *
   * @param source the embedder's clock; null for the host's
   */
  public GuestClock(@Nullable InstantSource source) {
    this.source = source;
  }

  /** Monotonic time, as the guest has seen it or would see it; 0 if it has never asked. */
  public long state() {
    return started ? monotonic() : start;
  }

  public void restore(long monotonic) {
    start = monotonic;
    started = false;
  }

  /** Real time. */
  public Instant instant() {
    return source == null ? Instant.now() : source.instant();
  }

  private long hostNanos() {
    if (source == null) {
      return System.nanoTime();
    }
    Instant now = source.instant();
    // A clock can tell times that are no long: as far as one goes.
    long seconds = Math.clamp(now.getEpochSecond(), -FURTHEST_SECONDS, FURTHEST_SECONDS);
    return seconds * NANOS + now.getNano();
  }

  /**
   * Nanoseconds that never go back, whatever the embedder's clock does. The first is not 0, which
   * some programs take for "never".
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
    // Of a jump by centuries there is no end to be told, so it is none.
    if (passed > 0 && start + passed > start) {
      start += passed;
    }
    hostStart = host;
    return start;
  }

  /** Nanoseconds of one of the two clocks. */
  public long now(boolean real) {
    Instant now = instant();
    return real ? Times.nanos(now.getEpochSecond(), now.getNano()) : monotonic();
  }

  /** Whether time is not the host's, but the embedder's. */
  boolean isEmbedders() {
    return source != null;
  }
}
