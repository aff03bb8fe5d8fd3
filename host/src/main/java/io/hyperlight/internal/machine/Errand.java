package io.hyperlight.internal.machine;

import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Work that a thread of a {@link VcpuTeam} asks the thread of the call to do, and waits for. */
final class Errand<T extends @Nullable Object> {
  private final Callable<T> work;
  private final Thread waiter = Thread.currentThread();
  private @Nullable T result;
  private @Nullable Throwable failure;
  private volatile boolean done;

  Errand(Callable<T> work) {
    this.work = work;
  }

  /** Does the work. It throws nothing. */
  void run() {
    try {
      result = work.call();
    } catch (Throwable t) {
      failure = t;
    } finally {
      done = true;
      LockSupport.unpark(waiter);
    }
  }

  /** Waits until the work is done. Returns its result, or throws what it has thrown. */
  @SuppressWarnings("NullAway") // the result is what the work returned
  T await() {
    while (!done) {
      LockSupport.park(this);
    }
    Throwable thrown = failure;
    if (thrown != null) {
      Errand.<RuntimeException>throwUnchanged(thrown);
    }
    return result;
  }

  /** Makes the compiler take any exception: other languages do not declare checked ones. */
  @SuppressWarnings("unchecked")
  private static <E extends Throwable> void throwUnchanged(Throwable thrown) throws E {
    throw (E) thrown;
  }
}
