package io.hyperlight.internal.pool;

import io.hyperlight.internal.pool.PoolBudget.Need;
import org.jspecify.annotations.Nullable;

/**
 * What a caretaker has in hand: the next step, and what it is about. An error in any step leaves
 * this as it is.
 */
final class Hand<T> {
  volatile Action action = Action.NONE;
  @Nullable Member<T> member;
  Need need = Need.NONE;

  /** Whether the budget has said yes. */
  boolean reserved;

  /** How long the last step took. */
  long nanos;

  /** Why the last step failed. */
  @Nullable Throwable failure;

  /** Nothing is in hand any more. */
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
