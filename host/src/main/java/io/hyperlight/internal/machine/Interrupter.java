package io.hyperlight.internal.machine;

import io.hyperlight.internal.os.LibraryThreads;
import java.util.concurrent.ThreadPoolExecutor;

/**
 * Interrupts the threads of calls for the {@link Watchdog}. {@link Thread#interrupt} may run code
 * of the embedder: the closing of a channel, or a method of a class that extends {@link Thread}.
 * That code may take any time, so each interrupt has a thread of its own meanwhile. There are at
 * most as many of these threads as calls.
 */
final class Interrupter {
  private static final ThreadPoolExecutor THREADS =
      LibraryThreads.executor("hyperlight-interrupter-");

  private Interrupter() {}

  /**
   * Runs a task on a thread of its own. An error of the JVM may keep it from running.
   *
   * @throws OutOfMemoryError if there is no room for a thread
   */
  static void execute(Runnable delivery) {
    THREADS.execute(delivery);
  }

  /** Links the class before it is needed. */
  static void prepare() {
    int _ = THREADS.getPoolSize();
  }
}
