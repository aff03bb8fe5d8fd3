package io.hyperlight.vm;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The one thread that ends calls which have passed a limit, for all sandboxes of the process. It
 * looks at them every few milliseconds while there are calls, so that a call costs nothing but the
 * time of its start. When there have been none for a while it dozes, until the next call wakes it.
 */
final class Watchdog {
  /** How often it looks. */
  static final long TICK_NANOS = 4_000_000;

  /** It does not look sooner, even if a call has less time left. */
  private static final long LEAST_NANOS = 50_000;

  /** How often it looks in vain before it dozes. */
  private static final int PATIENCE = 25;

  private static final Object LOCK = new Object();

  /** Guarded by the lock; each knows its place. */
  private static final List<RunControl> CONTROLS = new ArrayList<>();

  private static @Nullable Thread thread;

  private static volatile boolean dozing;

  private final List<RunControl> running = new ArrayList<>();

  private Watchdog() {}

  static void add(RunControl control) {
    synchronized (LOCK) {
      if (thread == null) {
        thread =
            Thread.ofPlatform()
                .daemon()
                .name("hyperlight-watchdog")
                .start(() -> new Watchdog().watch());
      }
      control.place = CONTROLS.size();
      CONTROLS.add(control);
    }
  }

  static void remove(RunControl control) {
    synchronized (LOCK) {
      int place = control.place;
      if (place >= 0) {
        RunControl last = CONTROLS.removeLast();
        if (place < CONTROLS.size()) {
          CONTROLS.set(place, last);
          last.place = place;
        }
        control.place = -1;
      }
    }
  }

  /** Whether a call that begins has to {@link #wake} it: asked after the call can be seen. */
  static boolean isDozing() {
    return dozing;
  }

  static void wake() {
    dozing = false;
    synchronized (LOCK) {
      LockSupport.unpark(thread);
    }
  }

  private void watch() {
    int quiet = 0;
    while (true) {
      long wait = TICK_NANOS;
      try {
        quiet = look() ? 0 : quiet + 1;
        wait = check();
      } catch (RuntimeException | Error e) {
        // A full heap, or what somebody does whose thread is interrupted. The others need us.
        quiet = 0;
      }
      if (quiet <= PATIENCE) {
        LockSupport.parkNanos(this, wait);
      } else {
        doze();
        quiet = 0;
      }
      // Set, it would keep the thread from parking.
      Thread.interrupted();
    }
  }

  /** Until a call wakes it. One that has not seen that it has to is seen here. */
  private void doze() {
    dozing = true;
    if (!look()) {
      LockSupport.park(this);
    }
    dozing = false;
  }

  /** Finds those that run calls; whether there are some, or have been since it looked last. */
  private boolean look() {
    running.clear();
    boolean any = false;
    synchronized (LOCK) {
      for (RunControl control : CONTROLS) {
        any |= control.hasBegun();
        any |= control.stopAfterCall();
        if (control.isRunning()) {
          any = true;
          running.add(control);
        }
      }
    }
    return any;
  }

  /**
   * Ends the calls that have passed a limit. Without the lock: an interrupt may call others' code.
   *
   * @return how long until another may, or until it has to look again
   */
  private long check() {
    long wait = TICK_NANOS;
    for (RunControl control : running) {
      wait = Math.min(wait, control.check(System.nanoTime()));
    }
    return Math.max(wait, LEAST_NANOS);
  }
}
