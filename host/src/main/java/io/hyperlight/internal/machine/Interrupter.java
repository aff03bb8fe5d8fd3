package io.hyperlight.internal.machine;

import io.hyperlight.internal.os.LibraryThreads;
import java.util.concurrent.ThreadPoolExecutor;

/**
 * Interrupts the threads of calls for the {@link Watchdog}. {@link Thread#interrupt} may run code
 * of the embedder's: the closing of a channel, or a method of a class that extends {@link Thread}.
 * That code may take as long as it likes, so each interrupt has a thread of its own meanwhile.
 * There are at most as many of them as there are calls.
 */
final class Interrupter {
  private static final ThreadPoolExecutor THREADS =
      LibraryThreads.executor("hyperlight-interrupter-");

  private Interrupter() {}

  /**
   * Runs something on a thread of its own. An error may keep it from being run.
   *
   * @throws OutOfMemoryError if there is no room for a thread
   */
  static void execute(Runnable delivery) {
    THREADS.execute(delivery);
  }

  /** Links what is needed, before it is. */
  static void prepare() {
    int _ = THREADS.getPoolSize();
  }
}
