package io.hyperlight.internal.host;

import io.hyperlight.internal.os.LibraryThreads;
import io.hyperlight.internal.os.Unchecked;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Does on a thread of its own what the library does once, and what links most of it. The caller's
 * stack may be nearly full, and a class whose initialiser has met its end can never be used again.
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
   * Begins.
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

  /** Waits until it is over, whether or not the caller is interrupted, which it stays. */
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

  /** What the work has returned; throws what it has thrown. */
  T result() {
    Unchecked.rethrowIfAny(failure);
    return Objects.requireNonNull(result);
  }
}
