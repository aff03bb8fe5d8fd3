package io.hyperlight.internal.os;

import java.util.Objects;
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
}
