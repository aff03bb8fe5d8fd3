package io.hyperlight.internal.restore;

import java.lang.reflect.Field;
import java.util.List;

/**
 * Leaves a part out of restores. By reflection: the library has no way to do so.
 *
 * @param <I> what the parts are restored from
 */
public final class Omission<I> implements AutoCloseable {
  private final List<Restorable<? super I>> parts;
  private final int index;
  private final Restorable<? super I> left;

  /** Leaves out the part with this name until it is closed. */
  @SuppressWarnings("unchecked")
  public Omission(RestoreOrder<I> order, String name) {
    try {
      Field field = RestoreOrder.class.getDeclaredField("parts");
      field.setAccessible(true);
      parts = (List<Restorable<? super I>>) field.get(order);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
    index = order.names().indexOf(name);
    left = parts.set(index, _ -> {});
  }

  @Override
  public void close() {
    parts.set(index, left);
  }
}
