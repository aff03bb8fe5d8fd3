package io.hyperlight.internal.os;

import java.util.Objects;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Creates the threads of the library; no other class does. They are daemons. They inherit nothing
 * from the thread that needs them first: not its context class loader, its thread group, its
 * inheritable thread-locals or its priority. Otherwise a web application could not be unloaded
 * while the library's thread lives.
 *
 * <p>Each thread has its own handler for errors that end it. The process's default handler is the
 * embedder's code, and would run on a thread that others wait for.
 */
public final class LibraryThreads {
  /** The context class loader of the threads, which lives as long as the process. */
  private static final @Nullable ClassLoader LOADER = ClassLoader.getSystemClassLoader();

  private static final ThreadGroup ROOT = root();

  private static final long IDLE_SECONDS = 1;

  private LibraryThreads() {}

  private static ThreadGroup root() {
    ThreadGroup group = Objects.requireNonNull(Thread.currentThread().getThreadGroup());
    while (group.getParent() != null) {
      group = group.getParent();
    }
    return group;
  }

  /**
   * Creates a thread, which is not started yet.
   *
   * @param whenDead what to do if an error ends the thread. It runs on that thread and must be
   *     short
   */
  @SuppressWarnings("ThreadPriorityCheck") // the normal priority, whatever the caller's is
  public static Thread create(
      String name, Runnable task, Thread.UncaughtExceptionHandler whenDead) {
    Thread thread =
        Thread.ofPlatform()
            .name(name)
            .daemon()
            .group(ROOT)
            .priority(Thread.NORM_PRIORITY)
            .inheritInheritableThreadLocals(false)
            .uncaughtExceptionHandler(whenDead)
            .unstarted(task);
    thread.setContextClassLoader(LOADER);
    return thread;
  }

  /** Creates a thread without such a handler, for users that check whether the thread is alive. */
  public static Thread create(String name, Runnable task) {
    return create(name, task, (_, _) -> {});
  }

  /**
   * Returns an executor with one thread for each task that runs. Idle threads end. A task may not
   * run because of an error: OutOfMemoryError if there is no room for a thread.
   *
   * @param prefix of the threads' names; a number follows
   */
  public static ThreadPoolExecutor executor(String prefix) {
    AtomicLong numbers = new AtomicLong();
    return new ThreadPoolExecutor(
        0,
        Integer.MAX_VALUE,
        IDLE_SECONDS,
        TimeUnit.SECONDS,
        new SynchronousQueue<>(),
        task -> create(prefix + numbers.incrementAndGet(), task));
  }
}
