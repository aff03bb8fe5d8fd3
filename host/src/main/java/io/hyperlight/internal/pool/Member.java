package io.hyperlight.internal.pool;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An item of a pool, with what the pool knows about it. Belongs to the pool, with its lock held, or
 * to the caretaker that has it in hand; a holder may ask for the item only.
 *
 * @param <T> the type of the items
 */
final class Member<T> {
  /** Volatile, so that a holder may ask for it on any thread. Null until it is made. */
  volatile @Nullable T item;

  /** To whom it is lent. */
  @Nullable Loan<T> loan;

  /** The neighbours in the list that it is in: ready, returned or used ones. */
  @Nullable Member<T> before;

  @Nullable Member<T> after;

  /** The neighbours among all members. */
  @Nullable Member<T> previous;

  @Nullable Member<T> next;

  /** Whether it is among all members. */
  boolean known;

  /** When it was made, by the pool's clock. */
  long createdAt;

  /** The identifier of the thread that it was lent to last; 0 if there was none. */
  long lastHolder;

  /** How often it was lent. */
  long uses;

  /** Since when it has been ready, by the pool's clock. */
  long readySince;

  /** When to try again to take it back, by the pool's clock, and how long to pause after that. */
  long retryAt;

  long pauseNanos;

  /** Whether it counts as lent although it was given back. */
  boolean countedAsLent;

  /** That it cannot be made clean, so that it must be closed. */
  boolean broken;

  T item() {
    return Objects.requireNonNull(item);
  }

  void replace(T newItem) {
    item = newItem;
  }
}
