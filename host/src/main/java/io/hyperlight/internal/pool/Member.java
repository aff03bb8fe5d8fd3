package io.hyperlight.internal.pool;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An item of a pool, with what the pool knows about it. Its fields belong to the pool, under its
 * lock, or to the caretaker that works on the member. A holder may only ask for the item.
 *
 * @param <T> the type of the items
 */
final class Member<T> {
  /** Null until the item is made. Volatile, so that a holder may read it on any thread. */
  volatile @Nullable T item;

  /** The loan that the member is lent for; null if it is not lent. */
  @Nullable Loan<T> loan;

  /** The neighbours in the list of ready, returned or used members that this one is in. */
  @Nullable Member<T> before;

  @Nullable Member<T> after;

  /** The neighbours in the list of all members. */
  @Nullable Member<T> previous;

  @Nullable Member<T> next;

  /** Whether it is in the list of all members. */
  boolean known;

  /** When the item was made, by the pool's clock. */
  long createdAt;

  /** The identifier of the last thread that it was lent to; 0 if there was none. */
  long lastHolder;

  /** How often it was lent. */
  long uses;

  /** When it became ready, by the pool's clock. */
  long readySince;

  /** When to try again to take it back, by the pool's clock, and how long to pause after that. */
  long retryAt;

  long pauseNanos;

  /** Whether it still counts as lent although its holder gave it back. */
  boolean countedAsLent;

  /** Whether it could not be cleaned, so that it must be closed. */
  boolean broken;

  T item() {
    return Objects.requireNonNull(item);
  }

  void replace(T newItem) {
    item = newItem;
  }
}
