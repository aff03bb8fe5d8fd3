package io.hyperlight.pool;

/**
 * An item of a pool, with what the pool knows about it. All fields belong to the one who has the
 * member: the holder, a caretaker, or the pool with its lock held.
 *
 * @param <T> the type of the items
 */
public final class Member<T> {
  /** Volatile, so that a holder may ask for it on any thread. */
  private volatile T item;

  /** When it was made, by the pool's clock. */
  final long createdAt;

  /** The identifier of the thread that it was lent to last; 0 if there was none. */
  long lastHolder;

  /** How often it was lent. */
  long uses;

  /** Since when it has been ready, by the pool's clock. */
  long readySince;

  /** That it cannot be made clean, so that it must be closed. */
  boolean broken;

  Member(T item, long createdAt) {
    this.item = item;
    this.createdAt = createdAt;
  }

  public T item() {
    return item;
  }

  void replace(T newItem) {
    item = newItem;
  }
}
