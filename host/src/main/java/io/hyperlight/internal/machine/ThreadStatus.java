package io.hyperlight.internal.machine;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Whether somebody else's thread is interrupted, without running code of the embedder's: a class
 * that extends {@link Thread} may override {@link Thread#isInterrupted}. Such a class is not asked.
 * To find out whether a class does that may also run code of the embedder's, of its class loader,
 * so that is left to an {@link Interrupter}.
 */
final class ThreadStatus {
  private static final int UNKNOWN = 0;
  private static final int ASKED = 1;
  private static final int INHERITED = 2;
  private static final int OVERRIDDEN = 3;

  /** What is known of a class. Of the JDK's types only: values live as long as the class. */
  private static final ClassValue<AtomicInteger> KINDS =
      new ClassValue<>() {
        @Override
        protected AtomicInteger computeValue(Class<?> type) {
          return new AtomicInteger(UNKNOWN);
        }
      };

  private ThreadStatus() {}

  /** Whether it is; false if that is not known, or never can be. */
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
        kind.set(UNKNOWN); // no room for a thread
      }
    }
    return false;
  }

  private static void find(Class<?> type, AtomicInteger kind) {
    int found = UNKNOWN; // if an error of the JVM comes in between, somebody asks again
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
