package io.hyperlight.internal.pool;

import org.jspecify.annotations.Nullable;

/**
 * Knows how to make, clean and close the items of a pool. May fail in any way.
 *
 * @param <T> the type of the items
 */
public interface Keeper<T> {
  /** Makes a clean item. Called by caretakers. */
  T create();

  /**
   * Sees to it that nobody begins to use an item any more. Called by holders when they give it
   * back, and allocates nothing. If it fails, {@link #reclaim} does so a little later.
   */
  void revoke(T item);

  /**
   * Takes an item from its holder, who cannot use it afterwards. Called by caretakers.
   *
   * @return the same item for its next holder, not clean yet; null if it is still being used, and
   *     it is to be asked for later. From then on nobody may begin to use it
   */
  @Nullable T reclaim(T item);

  /** Makes an item like a new one. Called by caretakers. If it fails, the item is closed. */
  void clean(T item);

  /** Closes an item. Called by caretakers, once for each item. */
  void close(T item);

  /**
   * Hears that an item could not be cleaned and will be replaced, or could not be closed. Called by
   * caretakers.
   *
   * @param what "clean" or "close"
   */
  void failed(String what, T item, Throwable failure);
}
