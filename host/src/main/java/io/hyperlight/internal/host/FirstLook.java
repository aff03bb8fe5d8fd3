package io.hyperlight.internal.host;

import io.hyperlight.internal.os.LibraryThreads;
import io.hyperlight.internal.os.Unchecked;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs the library's one-time set-up on a thread of its own. That set-up initialises most classes
 * of the library. The caller's stack may be nearly full, and a class whose initialiser overflows
 * the stack can never be used again.
 */
final class FirstLook<T> implements Runnable {
  private final Supplier<T> work;
  private final Thread thread;
  private @Nullable T result;
  private @Nullable Throwable failure;

  private FirstLook(Supplier<T> work) {
    this.work = work;
    thread = LibraryThreads.create("hyperlight-first-look", this);
  }

  /**
   * Starts the work on a new thread.
   *
   * @throws OutOfMemoryError if there is no room for the thread
   */
  static <T> FirstLook<T> start(Supplier<T> work) {
    FirstLook<T> look = new FirstLook<>(work);
    look.thread.start();
    return look;
  }

  @Override
  public void run() {
    try {
      result = work.get();
    } catch (Throwable t) {
      failure = t;
    }
  }

  /**
   * Waits until the work is over. An interrupt does not end the wait; the caller's interrupt status
   * is set again afterwards.
   */
  void await() {
    boolean interrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns the result of the work, or throws what the work threw. */
  T result() {
    Unchecked.rethrowIfAny(failure);
    return Objects.requireNonNull(result);
  }
}
