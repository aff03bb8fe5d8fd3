package io.hyperlight.internal.machine;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Reads the interrupt status of another thread without running the embedder's code. A class that
 * extends {@link Thread} may override {@link Thread#isInterrupted}. The watchdog does not ask a
 * thread of such a class. To find out whether a class overrides the method may also run the
 * embedder's code, in its class loader. So an {@link Interrupter} does that.
 */
final class ThreadStatus {
  private static final int UNKNOWN = 0;
  private static final int ASKED = 1;
  private static final int INHERITED = 2;
  private static final int OVERRIDDEN = 3;

  /**
   * The state of knowledge about a class. The values are of JDK types only, since they live as long
   * as the class.
   */
  private static final ClassValue<AtomicInteger> KINDS =
      new ClassValue<>() {
        @Override
        protected AtomicInteger computeValue(Class<?> type) {
          return new AtomicInteger(UNKNOWN);
        }
      };

  private ThreadStatus() {}

  /**
   * Returns whether the thread is interrupted, or false if that is not known yet or never will be.
   */
  static boolean isInterrupted(Thread thread) {
    Class<?> type = thread.getClass();
    if (type == Thread.class || type.getClassLoader() == null) {
      return thread.isInterrupted();
    }
    AtomicInteger kind = KINDS.get(type);
    if (kind.get() == INHERITED) {
      return thread.isInterrupted();
    }
    if (kind.compareAndSet(UNKNOWN, ASKED)) {
      try {
        Interrupter.execute(() -> find(type, kind));
      } catch (RuntimeException | Error e) {
        kind.set(UNKNOWN); // there is no room for a thread
      }
    }
    return false;
  }

  private static void find(Class<?> type, AtomicInteger kind) {
    int found = UNKNOWN; // so that a later call tries again if an error of the JVM comes in between
    try {
      found = overrides(type) ? OVERRIDDEN : INHERITED;
    } finally {
      kind.set(found);
    }
  }

  private static boolean overrides(Class<?> type) {
    try {
      return type.getMethod("isInterrupted").getDeclaringClass() != Thread.class;
    } catch (NoSuchMethodException | LinkageError | RuntimeException e) {
      return true;
    }
  }
}
