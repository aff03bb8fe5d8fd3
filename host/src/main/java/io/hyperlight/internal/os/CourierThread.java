package io.hyperlight.internal.os;

import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Runs code of the embedder that no thread of the library waits for, such as a log handler. Tasks
 * run one after the other. A task may take its time, fail, or wait for the library; it delays only
 * other tasks here. If {@value #MOST} tasks are in the queue, new ones are dropped.
 *
 * <p>The thread ends when no task is left.
 */
public final class CourierThread {
  private static final int MOST = 256;

  private static final Object LOCK = new Object();
  private static final Queue<Runnable> QUEUE = new ArrayDeque<>(MOST);
  private static @Nullable Thread thread;

  private CourierThread() {}

  /**
   * Puts a task into the queue. Does not wait.
   *
   * @return false if the task is dropped
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
        // The embedder's own code has failed, and the library has no other place to report this
        // to.
      }
    }
  }
}
