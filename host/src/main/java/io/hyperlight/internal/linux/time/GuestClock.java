package io.hyperlight.internal.linux.time;

import io.hyperlight.internal.linux.wait.Deadline;
import io.hyperlight.internal.linux.wait.WaitClock;
import io.hyperlight.internal.machine.Vdso;
import io.hyperlight.internal.machine.arch.VdsoPages;
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
 *
 * <p>If the guest can compute time itself, its first question makes a {@link CounterLine}. From
 * then on, host and guest both compute time from it. When it ends, whoever needs time next makes
 * another one: the guest by a system call. So a guest leaves some ten times a second at most to
 * read clocks, and no timer is needed.
 */
public final class GuestClock implements WaitClock, Restorable<ClockState> {
  private static final long NANOS = 1_000_000_000L;
  private static final long FURTHEST_SECONDS = Long.MAX_VALUE / NANOS - 1;

  /** Some 73 years. Later times are those of an embedder's clock. */
  private static final long FURTHEST_LINE = 1L << 61;

  private final @Nullable InstantSource source;
  private final @Nullable Vdso vdso;

  /** The state from which monotonic time goes on when it is read for the first time. */
  private ClockState begin = ClockState.INITIAL;

  /** Monotonic time at {@link #hostStart} by the host's clock, in nanoseconds. */
  private long start;

  /** The host's time at which monotonic time was last read. Unknown before the first reading. */
  private long hostStart;

  /** How long the world has been frozen, in nanoseconds. Unknown before the first reading. */
  private long frozen;

  private boolean started;

  /** What the guest has of monotonic time; null if nothing. Then the host's clock counts. */
  private @Nullable CounterLine line;

  /** How far real time is ahead of monotonic time, while there is a line. */
  private long ahead;

  /**
   * Creates clocks that were not read yet.
   *
   * @param source the embedder's clock; null for the host's
   * @param vdso by which the guest can compute time itself; null if it cannot
   */
  public GuestClock(@Nullable InstantSource source, @Nullable Vdso vdso) {
    this.source = source;
    this.vdso = vdso;
  }

  /** Returns the clocks as the guest would read them now. The guest has no line afterwards. */
  public ClockState state() {
    boolean readByGuest = line != null;
    dropLine();
    if (vdso != null) {
      vdso.clear();
    }
    if (!started) {
      return begin;
    }
    return new ClockState(monotonic(), frozen, nanos(instant()), readByGuest);
  }

  @Override
  public void restore(ClockState earlier) {
    begin = earlier;
    started = false;
    line = null;
    if (vdso != null) {
      vdso.restored();
    }
  }

  /**
   * Lets the guest compute time itself before it asks, if it has done so before it was frozen. That
   * costs less than a system call.
   *
   * @return whether anything has changed
   */
  public boolean beginRequest() {
    if (started || !begin.readByGuest()) {
      return false;
    }
    readByGuest();
    return started;
  }

  /** Lets the guest compute time itself from now on, if it can. */
  void readByGuest() {
    if (vdso != null && line == null) {
      makeLine(vdso);
    }
  }

  /**
   * Makes the first line, or the next one.
   *
   * @return null if that is not possible; then there is no line
   */
  private @Nullable CounterLine makeLine(Vdso of) {
    of.withdraw(); // first: what the guest computes from the last line is past then
    Vdso.Reading now = of.read();
    long host = now == null ? 0 : advance(now.nanos());
    if (now == null || !isInRange(host) || !isInRange(now.nanos() + now.ahead())) {
      dropLine();
      return null;
    }
    CounterLine next =
        line == null
            ? CounterLine.begin(now.counter(), host, now.slope())
            : line.next(now.counter(), host, now.slope());
    line = next;
    ahead = now.nanos() + now.ahead() - host;
    of.publish(next.counter(), next.counts(), next.slope(), next.nanos(), allAhead());
    return next;
  }

  /** Returns whether a time is such that the guest's arithmetic on it cannot overflow. */
  private boolean isInRange(long nanos) {
    return nanos >= 0 && nanos < FURTHEST_LINE && frozen < FURTHEST_LINE;
  }

  /** Returns how far each of Linux's clocks is ahead of monotonic time. */
  private long[] allAhead() {
    long[] all = new long[VdsoPages.CLOCK_COUNT];
    for (int number = 0; number < all.length; number++) {
      all[number] =
          switch (ClockNumber.clock(number)) {
            case REAL -> ahead;
            case BOOT -> frozen;
            case MONOTONIC, PROCESSOR -> 0;
          };
    }
    return all;
  }

  /** Goes on with the host's clock, no earlier than where the line is now. */
  private void dropLine() {
    CounterLine last = line;
    if (last != null && vdso != null) {
      vdso.clear();
      line = null;
      start = Math.max(advance(System.nanoTime()), last.reached(vdso.now()));
    }
  }

  /** Returns the line at a value of the counter, or the next line; null if there is none. */
  private @Nullable CounterLine lineAt(Vdso of, long now) {
    return line == null || line.isGoodAt(now) ? line : makeLine(of);
  }

  /** Returns real time. */
  public Instant instant() {
    if (line == null) {
      return instantOfSource();
    }
    long monotonic = monotonic();
    if (line == null) {
      return instantOfSource();
    }
    long nanos = monotonic + ahead;
    return Instant.ofEpochSecond(Math.floorDiv(nanos, NANOS), Math.floorMod(nanos, NANOS));
  }

  /** Returns real time by the embedder's clock or the host's. */
  private Instant instantOfSource() {
    return source == null ? Instant.now() : source.instant();
  }

  /** Returns a time in nanoseconds since 1970. */
  private static long nanos(Instant time) {
    // A clock may return times that do not fit into a long. They are limited to its range.
    long seconds = Math.clamp(time.getEpochSecond(), -FURTHEST_SECONDS, FURTHEST_SECONDS);
    return seconds * NANOS + time.getNano();
  }

  private long hostNanos() {
    return source == null ? System.nanoTime() : nanos(source.instant());
  }

  /** Monotonic time begins with 1, as some programs take 0 for "never". */
  private void start(long host) {
    started = true;
    hostStart = host;
    start = Math.max(begin.monotonicNanos(), 1);
    frozen = begin.frozenNanos();
    if (begin.monotonicNanos() != 0) {
      frozen = later(frozen, nanos(instantOfSource()), begin.realNanos());
    }
  }

  /** Returns a time plus what has passed, if time goes forward by less than centuries. */
  private static long later(long time, long now, long before) {
    long passed = now - before;
    return now > before && passed > 0 && time + passed > time ? time + passed : time;
  }

  /** Returns monotonic time at a time of the host's, which it is now. */
  private long advance(long host) {
    if (!started) {
      start(host);
    }
    start = later(start, host, hostStart);
    hostStart = host;
    return start;
  }

  /**
   * Returns monotonic time in nanoseconds. It never goes back, whatever the embedder's clock does.
   */
  long monotonic() {
    if (line != null && vdso != null) {
      long now = vdso.now();
      CounterLine current = lineAt(vdso, now);
      if (current != null) {
        return current.at(now);
      }
    }
    return advance(hostNanos());
  }

  /** Returns {@code CLOCK_BOOTTIME} in nanoseconds, which goes on while the world is frozen. */
  public long boot() {
    long now = monotonic();
    return later(now, frozen, 0);
  }

  /** Returns one of the two clocks in nanoseconds. */
  public long now(boolean real) {
    if (!real) {
      return monotonic();
    }
    Instant now = instant();
    return Times.nanos(now.getEpochSecond(), now.getNano());
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
