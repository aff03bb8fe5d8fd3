package io.hyperlight.os;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Gives several things back. */
public final class Closing {
  private Closing() {}

  /**
   * Closes all, also if some of them fail.
   *
   * @throws SystemCallException the first one, when all have been tried
   */
  public static <T> void all(Iterable<T> items, Consumer<? super T> close) {
    SystemCallException failure = null;
    for (T item : items) {
      failure = first(failure, item, close);
    }
    if (failure != null) {
      throw failure;
    }
  }

  private static <T> @Nullable SystemCallException first(
      @Nullable SystemCallException earlier, T item, Consumer<? super T> close) {
    try {
      close.accept(item);
      return earlier;
    } catch (SystemCallException e) {
      return earlier == null ? e : earlier;
    }
  }
}
