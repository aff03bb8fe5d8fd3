package io.hyperlight.internal.os;

import java.util.Objects;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The only place where the library makes threads. They are daemons that know nothing of whoever
 * happened to need them first: not its context class loader, its thread group, its inheritable
 * thread-locals or its priority. Otherwise a web application could not be unloaded as long as the
 * thread lives.
 *
 * <p>Each has a handler of its own for what it dies of. The process's default handler is the
 * embedder's code, and would run on a thread that others wait for.
 */
public final class LibraryThreads {
  /** The class loader of the threads: it lives as long as the process. */
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
   * Makes a thread, which is not started yet.
   *
   * @param whenDead what to do if an error ends it, on that thread; has to be short
   */
  @SuppressWarnings("ThreadPriorityCheck") // the usual one, whatever that of the caller is
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

  /** As the other one, for threads whose users look whether they are alive. */
  public static Thread create(String name, Runnable task) {
    return create(name, task, (_, _) -> {});
  }

  /**
   * Makes as many threads as it has tasks at once. Idle ones end. An error may keep a task from
   * being run: OutOfMemoryError if there is no room for a thread.
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
