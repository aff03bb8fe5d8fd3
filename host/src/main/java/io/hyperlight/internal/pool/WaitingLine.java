package io.hyperlight.internal.pool;

import org.jspecify.annotations.Nullable;

/**
 * The line of waiters, which are linked through their own fields. Guarded by the pool's lock. A
 * holder's stack may be nearly full, so holders change the fields directly: see {@link
 * RecyclingPool}.
 */
final class WaitingLine<T> {
  @Nullable Waiter<T> first;
  @Nullable Waiter<T> last;
  int size;

  /**
   * Removes the first waiter from the line and returns it; null if there is none. Callers need room
   * on their stack.
   */
  @Nullable Waiter<T> takeFirst() {
    Waiter<T> waiter = first;
    if (waiter != null) {
      first = waiter.after;
      if (waiter.after == null) {
        last = null;
      } else {
        waiter.after.before = null;
      }
      waiter.after = null;
      size--;
    }
    return waiter;
  }
}
