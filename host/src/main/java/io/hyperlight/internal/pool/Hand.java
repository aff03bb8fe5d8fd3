package io.hyperlight.internal.pool;

import io.hyperlight.internal.pool.PoolBudget.Need;
import org.jspecify.annotations.Nullable;

/**
 * The work of one caretaker: the next step, and what it concerns. An error in any step leaves the
 * fields as they are.
 */
final class Hand<T> {
  volatile Action action = Action.NONE;
  @Nullable Member<T> member;
  Need need = Need.NONE;

  /** Whether the budget has reserved an item. */
  boolean reserved;

  /** How long the last step took. */
  long nanos;

  /** Why the last step failed. */
  @Nullable Throwable failure;

  /** Records that the work is done. */
  void done() {
    member = null;
    failure = null;
    action = Action.NONE;
  }

  Member<T> held() {
    Member<T> held = member;
    if (held == null) {
      throw new IllegalStateException("nothing in hand");
    }
    return held;
  }
}
