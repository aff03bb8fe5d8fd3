package io.hyperlight.internal.os;

import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Closes lists of items. */
public final class Closing {
  private Closing() {}

  /**
   * Closes all items, even if some of them fail. Allocates nothing, since the heap may be full.
   *
   * @throws SystemCallException the first one, after all items have been tried
   */
  public static <T> void all(List<T> items, Consumer<? super T> close) {
    SystemCallException failure = null;
    for (int i = 0; i < items.size(); i++) {
      failure = first(failure, items.get(i), close);
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
