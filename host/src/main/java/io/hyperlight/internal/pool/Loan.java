package io.hyperlight.internal.pool;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The record of one use of a pool. It exists before a member is taken, so every taken member is
 * recorded. It has a {@link Waiter} if no member was ready.
 *
 * @param <T> the type of the items
 */
public final class Loan<T> {
  /** The state of a loan. {@link #OVER} is the last one. */
  enum State {
    NEW,
    WAITING,
    LENT,
    REFUSED,
    OVER
  }

  /**
   * Whether the holder has finished with the loan. The holder can set this field where a method
   * call may fail, for example with a nearly full stack. The pool takes the member back within a
   * moment.
   */
  @SuppressWarnings("ExposedField")
  public volatile boolean over;

  /** Changed under the pool's lock. A waiting thread reads it without the lock. */
  volatile State state = State.NEW;

  // Guarded by the pool's lock.

  @Nullable Member<T> member;

  /** The item as this holder sees it. The next holder gets another object for it. */
  volatile @Nullable T item;

  /** Null if a member was ready at once. */
  @Nullable Waiter<T> waiter;

  /** Returns the item that is lent. */
  public T item() {
    return Objects.requireNonNull(item, "nothing is lent");
  }

  /** Records the member that is lent. The caller holds the pool's lock. */
  void lend(Member<T> lent) {
    member = lent;
    item = lent.item;
    state = State.LENT;
  }
}
