package io.hyperlight.internal.os;

import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Runs code of the embedder's that nobody in the library waits for, such as a log handler, one
 * thing after the other. The handler may take its time, fail, or wait for the library: it holds up
 * what else is to be run here, and nothing else. Beyond {@value #MOST} things in the queue, new
 * ones are dropped.
 *
 * <p>The thread ends when there is nothing left to do.
 */
public final class CourierThread {
  private static final int MOST = 256;

  private static final Object LOCK = new Object();
  private static final Queue<Runnable> QUEUE = new ArrayDeque<>(MOST);
  private static @Nullable Thread thread;

  private CourierThread() {}

  /**
   * Hands something over. Does not wait.
   *
   * @return false if it is dropped
   */
  public static boolean run(Runnable task) {
    synchronized (LOCK) {
      if (QUEUE.size() >= MOST) {
        return false;
      }
      Thread running = thread;
      if (running == null || !running.isAlive()) {
        Thread next = LibraryThreads.create("hyperlight-courier", CourierThread::work);
        next.start(); // it waits for the lock
        thread = next;
      }
      QUEUE.add(task);
      return true;
    }
  }

  private static void work() {
    while (true) {
      Runnable task;
      synchronized (LOCK) {
        task = QUEUE.poll();
        if (task == null) {
          thread = null;
          return;
        }
      }
      try {
        task.run();
      } catch (Throwable t) {
        // There is nobody left to tell.
      }
    }
  }
}
