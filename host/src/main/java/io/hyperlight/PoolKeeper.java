package io.hyperlight;

import io.hyperlight.internal.os.CourierThread;
import io.hyperlight.internal.pool.Keeper;

/** Makes and cleans the members of a pool, and logs failures. */
abstract class PoolKeeper<T> implements Keeper<T> {
  private static final System.Logger LOGGER = System.getLogger("io.hyperlight.pool");

  @Override
  public void failed(String what, T member, Throwable failure) {
    String message = "a pool cannot %s %s".formatted(what, member);
    // A logger is the embedder's code. It may even close the pool, and closing waits for the
    // caretakers.
    boolean _ = CourierThread.run(() -> LOGGER.log(System.Logger.Level.WARNING, message, failure));
  }
}
