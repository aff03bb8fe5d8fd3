package io.hyperlight.internal.machine;

import io.hyperlight.internal.os.LibraryThreads;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The one thread that ends calls which have passed a limit, for all sandboxes of the process. It
 * looks at them every few milliseconds while there are calls, so that a call costs nothing but the
 * time of its start. When there have been none for a while it dozes, until the next call wakes it,
 * or ends, if there is no sandbox left.
 *
 * <p>No code of the embedder's runs here, which could keep it from the deadlines of all others: see
 * {@link Interrupter}.
 */
final class Watchdog {
  /** How often it looks. */
  static final long TICK_NANOS = 4_000_000;

  /** It does not look sooner, even if a call has less time left. */
  private static final long LEAST_NANOS = 50_000;

  /** How often it looks in vain before it dozes. */
  private static final int PATIENCE = 25;

  private static final Object LOCK = new Object();

  /**
   * Guarded by the lock; each knows its place. An array, because what changes it may not call
   * anything: an overflow of a caller's stack in between would lose another one's sandbox.
   */
  private static @Nullable WatchedCall[] calls = new WatchedCall[16];

  private static int count;

  private static @Nullable Thread thread;

  /**
   * Whether a call has to wake the thread. Only the thread says no, when it is awake: a caller that
   * an error strikes before it has woken the thread would leave that asleep for all others.
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

  /** Makes the thread, if there is none or an error has ended it. With the lock held. */
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
        LockSupport.unpark(thread); // for it to end
      }
    }
  }

  /** Whether a call that begins has to {@link #wake} it: asked after the call can be seen. */
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
      dozing = true; // so that the next call makes a new one, whatever has ended this one
    }
  }

  private void watchAll() {
    int quiet = 0;
    while (true) {
      long wait = TICK_NANOS;
      dozing = false; // before it looks: who comes later is seen by the next look
      try {
        quiet = look() ? 0 : quiet + 1;
        wait = check();
      } catch (RuntimeException | Error e) {
        // A full heap. The others need us.
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
      // Set, it would keep the thread from parking.
      Thread.interrupted();
    }
  }

  /** Whether nothing is left to watch over. Whoever comes next makes a new thread. */
  private static boolean ends() {
    synchronized (LOCK) {
      if (count == 0) {
        thread = null;
        return true;
      }
      return false;
    }
  }

  /** Until a call wakes it. One that has not seen that it has to is seen here. */
  private void doze() {
    dozing = true;
    if (!look()) {
      LockSupport.park(this);
    }
  }

  /** Finds those that run calls; whether there are some, or have been since it looked last. */
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
   * @return how long until another may, or until it has to look again
   */
  private long check() {
    long wait = TICK_NANOS;
    for (int i = 0; i < running.size(); i++) { // an iterator would need room in the heap
      WatchedCall call = running.get(i);
      wait = Math.min(wait, call.check(System.nanoTime()));
    }
    return Math.max(wait, LEAST_NANOS);
  }
}
