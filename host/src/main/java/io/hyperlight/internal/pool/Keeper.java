package io.hyperlight.internal.pool;

import org.jspecify.annotations.Nullable;

/**
 * Makes, cleans and closes the items of a pool. Every method may fail with any exception or error.
 *
 * @param <T> the type of the items
 */
public interface Keeper<T> {
  /** Makes a clean item. Caretakers call this. */
  T create();

  /**
   * Makes sure that no use of an item begins from now on. Holders call this when they give the item
   * back. Allocates nothing. If it fails, {@link #reclaim} does the same a little later.
   */
  void revoke(T item);

  /**
   * Takes an item from its holder, which cannot use it afterwards. Caretakers call this.
   *
   * @return the same item for its next holder, not clean yet. Null if the item is still in use: the
   *     caretaker asks again later, and no new use can begin meanwhile
   */
  @Nullable T reclaim(T item);

  /**
   * Cleans an item so that it is like a new one. Caretakers call this. If it fails, the item is
   * closed.
   */
  void clean(T item);

  /**
   * Closes an item. Caretakers call this once for each item, and again if it ends with an error of
   * the virtual machine, such as a full heap.
   */
  void close(T item);

  /**
   * Receives the failure to clean or to close an item. An item that could not be cleaned will be
   * replaced. Caretakers call this.
   *
   * @param what "clean" or "close"
   */
  void failed(String what, T item, Throwable failure);
}
