package io.hyperlight.internal.pool;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What somebody borrows from a pool: made before anything is taken, so that nothing is taken
 * without a place where it is noted. Has a {@link Waiter} if there is nothing to be lent.
 *
 * @param <T> the type of the items
 */
public final class Loan<T> {
  /** Where a loan is in its life. Once it is over it stays so. */
  enum State {
    NEW,
    WAITING,
    LENT,
    REFUSED,
    OVER
  }

  /**
   * Whether whoever has the loan needs it no more. To be set without a call where a call may fail,
   * at the end of a stack for example: the pool takes back what it finds so, within a moment.
   */
  @SuppressWarnings("ExposedField")
  public volatile boolean over;

  /** Guarded by the pool's lock; who waits looks at it without. */
  volatile State state = State.NEW;

  // Guarded by the pool's lock.

  @Nullable Member<T> member;

  /** As it is for this holder; the next one has another face of it. */
  volatile @Nullable T item;

  /** Null if the item was there at once. */
  @Nullable Waiter<T> waiter;

  /** The item that is lent. */
  public T item() {
    return Objects.requireNonNull(item, "nothing is lent");
  }

  /** Notes what is lent. With the pool's lock held. */
  void lend(Member<T> lent) {
    member = lent;
    item = lent.item;
    state = State.LENT;
  }
}
