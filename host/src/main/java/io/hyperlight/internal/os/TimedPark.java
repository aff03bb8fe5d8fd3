package io.hyperlight.internal.os;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Parks a thread for a time, even if the heap is full. The JDK makes the timer of a virtual thread
 * when the thread has left its carrier. If there is no room for the timer, the thread never
 * continues. So a virtual thread parks without a time limit here, which needs no room, and a thread
 * of the library wakes it.
 *
 * <p>That thread ends about a second after the last virtual thread has been parked.
 */
public final class TimedPark {
  /** The precision of the times for virtual threads. Threads within one tick wake together. */
  private static final long TICK_NANOS = 50_000;

  private static final long IDLE_NANOS = 1_000_000_000;

  private static final Object LOCK = new Object();

  // Guarded by the lock.
  private static @Nullable Parked first;
  private static @Nullable Thread alarm;
  private static long alarmAt;

  private TimedPark() {}

  /** A parked thread and the time to wake it; part of a list. */
  private static final class Parked {
    private final Thread thread = Thread.currentThread();
    private final long until;
    private boolean listed;
    private @Nullable Parked before;
    private @Nullable Parked after;

    Parked(long until) {
      this.until = until;
    }
  }

  /**
   * Parks the calling thread, as {@link LockSupport#parkNanos(Object, long)} does.
   *
   * @throws OutOfMemoryError if the heap is full; the thread has not parked then
   */
  public static void parkNanos(Object blocker, long nanos) {
    if (nanos <= 0) {
      return;
    }
    if (!Thread.currentThread().isVirtual()) {
      LockSupport.parkNanos(blocker, nanos);
      return;
    }
    Parked parked = new Parked(System.nanoTime() + Math.min(nanos, Deadline.FOR_EVER));
    add(parked);
    try {
      LockSupport.park(blocker);
    } finally {
      remove(parked); // if an error prevents this, the alarm removes it
    }
  }

  /**
   * Sleeps, as {@link java.util.concurrent.TimeUnit#sleep} does.
   *
   * @throws InterruptedException if the thread is interrupted; its status is cleared then
   * @throws OutOfMemoryError if the heap is full
   */
  public static void sleepNanos(long nanos) throws InterruptedException {
    if (!Thread.currentThread().isVirtual()) {
      TimeUnit.NANOSECONDS.sleep(nanos);
      return;
    }
    long start = System.nanoTime();
    for (long left = nanos; left > 0; left = nanos - (System.nanoTime() - start)) {
      parkNanos(LOCK, left);
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
    }
  }

  /** Parks for a short time, as {@link #parkNanos} does. Does not wait if the heap is full. */
  public static void pauseNanos(Object blocker, long nanos) {
    try {
      parkNanos(blocker, nanos);
    } catch (OutOfMemoryError e) {
      Thread.onSpinWait();
    }
  }

  private static void add(Parked parked) {
    synchronized (LOCK) {
      Thread running = alarm;
      if (running == null || !running.isAlive()) {
        running = LibraryThreads.create("hyperlight-alarm", TimedPark::ring);
        alarmAt = parked.until;
        running.start();
        alarm = running;
      }
      Parked next = first;
      parked.after = next;
      if (next != null) {
        next.before = parked;
      }
      first = parked;
      parked.listed = true;
      if (parked.until - alarmAt < 0) {
        LockSupport.unpark(running);
      }
    }
  }

  private static void remove(Parked parked) {
    synchronized (LOCK) {
      unlink(parked);
    }
  }

  private static void unlink(Parked parked) {
    if (parked.listed) {
      Parked before = parked.before;
      Parked after = parked.after;
      if (before == null) {
        first = after;
      } else {
        before.after = after;
      }
      if (after != null) {
        after.before = before;
      }
      parked.listed = false;
    }
  }

  private static void ring() {
    for (boolean idle = false; ; ) {
      long wait;
      synchronized (LOCK) {
        if (first == null && idle) {
          alarm = null;
          return;
        }
        idle = first == null;
        long now = System.nanoTime();
        wait = wake(now);
        alarmAt = now + wait;
      }
      LockSupport.parkNanos(LOCK, wait);
    }
  }

  /** Wakes the threads whose time is up. Returns the shortest time until the next ones are due. */
  private static long wake(long now) {
    long wait = IDLE_NANOS;
    for (Parked parked = first; parked != null; ) {
      Parked next = parked.after;
      long left = parked.until - now;
      if (left <= 0) {
        unlink(parked);
        LockSupport.unpark(parked.thread);
      } else {
        wait = Math.min(wait, left);
      }
      parked = next;
    }
    return Math.max(wait, TICK_NANOS);
  }
}
