package io.hyperlight.internal.pool;

import org.jspecify.annotations.Nullable;

/**
 * The line of those who wait, linked through themselves. Guarded by the pool's lock. Holders, whose
 * stack may be at its end, change the fields themselves: see {@link RecyclingPool}.
 */
final class WaitingLine<T> {
  @Nullable Waiter<T> first;
  @Nullable Waiter<T> last;
  int size;

  /** Takes the first who waits out of the line, for those who have a stack. */
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
