package io.hyperlight.internal.machine;

import io.hyperlight.internal.os.LibraryThreads;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The one thread that ends calls which have passed a limit, for all sandboxes of the process. While
 * there are calls, it looks at them every few milliseconds, so a call itself only has to note its
 * start. When there have been no calls for a while, it dozes until the next call wakes it. If no
 * sandbox is left, it ends.
 *
 * <p>It runs no code of the embedder, which could keep it from the deadlines of all other calls.
 * See {@link Interrupter}.
 */
final class Watchdog {
  /** How often it looks. */
  static final long TICK_NANOS = 4_000_000;

  /** The minimum time between two looks, even if a call has less time left. */
  private static final long MIN_NANOS = 50_000;

  /** The number of looks without a call before it dozes. */
  private static final int PATIENCE = 25;

  private static final Object LOCK = new Object();

  /**
   * Guarded by the lock. Each element knows its index. It is an array, because code that changes it
   * must not call any method. If the caller's stack overflowed in such a method, another caller's
   * sandbox would be lost.
   */
  private static @Nullable WatchedCall[] calls = new WatchedCall[16];

  private static int count;

  private static @Nullable Thread thread;

  /**
   * Whether a call has to wake the thread. Only the thread itself sets it to false, when it is
   * awake. Otherwise an error could strike a caller between the reset and the wake-up, and the
   * thread would sleep on for all others.
   */
  private static volatile boolean dozing;

  private final List<WatchedCall> running = new ArrayList<>();

  private Watchdog() {}

  static void add(WatchedCall call) {
    synchronized (LOCK) {
      requireThread();
      if (count == calls.length) {
        calls = Arrays.copyOf(calls, 2 * count);
      }
      call.place = count;
      calls[count++] = call;
    }
  }

  /** Makes the thread, if there is none or an error has ended it. The caller holds the lock. */
  private static void requireThread() {
    Thread known = thread;
    if (known == null || !known.isAlive()) {
      Thread made = LibraryThreads.create("hyperlight-watchdog", () -> new Watchdog().watch());
      made.start();
      thread = made;
    }
  }

  static void remove(WatchedCall call) {
    synchronized (LOCK) {
      int place = call.place;
      if (place >= 0) {
        WatchedCall last = calls[--count];
        calls[count] = null;
        if (last != null && last != call) {
          calls[place] = last;
          last.place = place;
        }
        call.place = -1;
      }
      if (count == 0) {
        LockSupport.unpark(thread); // so that it ends
      }
    }
  }

  /**
   * Returns whether a call that begins has to {@link #wake} it. A call asks after the watchdog can
   * see the call.
   */
  static boolean isDozing() {
    return dozing;
  }

  static void wake() {
    synchronized (LOCK) {
      requireThread();
      LockSupport.unpark(thread);
    }
  }

  private void watch() {
    try {
      watchAll();
    } finally {
      // So that the next call makes a new thread, whatever has ended this one.
      dozing = true;
    }
  }

  private void watchAll() {
    int quiet = 0;
    while (true) {
      long wait = TICK_NANOS;
      // Before the look, so that the next look sees a call that comes later.
      dozing = false;
      try {
        quiet = look() ? 0 : quiet + 1;
        wait = check();
      } catch (RuntimeException | Error e) {
        // The heap is full. The watchdog goes on for the other calls.
        quiet = 0;
      }
      if (quiet <= PATIENCE) {
        LockSupport.parkNanos(this, wait);
      } else if (ends()) {
        return;
      } else {
        doze();
        quiet = 0;
      }
      // A status that is set would keep the thread from parking.
      Thread.interrupted();
    }
  }

  /** Returns whether nothing is left to watch. Then the next sandbox makes a new thread. */
  private static boolean ends() {
    synchronized (LOCK) {
      if (count == 0) {
        thread = null;
        return true;
      }
      return false;
    }
  }

  /**
   * Sleeps until a call wakes it. A call may not have seen that it has to: the look here finds it.
   */
  private void doze() {
    dozing = true;
    if (!look()) {
      LockSupport.park(this);
    }
  }

  /**
   * Finds the objects that run calls.
   *
   * @return whether there are any, or have been since the last look
   */
  private boolean look() {
    running.clear();
    boolean any = false;
    synchronized (LOCK) {
      for (int i = 0; i < count; i++) {
        WatchedCall call = Objects.requireNonNull(calls[i]);
        any |= call.hasBegun();
        any |= call.stopAfterCall();
        if (call.isRunning()) {
          any = true;
          running.add(call);
        }
      }
    }
    return any;
  }

  /**
   * Ends the calls that have passed a limit, without the lock.
   *
   * @return how long until the next call may pass a limit, or until the next look, in nanoseconds
   */
  private long check() {
    long wait = TICK_NANOS;
    for (int i = 0; i < running.size(); i++) { // an iterator would need room in the heap
      WatchedCall call = running.get(i);
      wait = Math.min(wait, call.check(System.nanoTime()));
    }
    return Math.max(wait, MIN_NANOS);
  }
}
