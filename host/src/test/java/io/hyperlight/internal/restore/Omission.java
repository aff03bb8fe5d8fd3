package io.hyperlight.internal.restore;

import java.lang.reflect.Field;
import java.util.List;

/**
 * Leaves a part out of all restores in this JVM. By reflection: the library has no way to do so.
 *
 * @param <O> what has the parts
 * @param <I> what they are restored from
 */
public final class Omission<O, I> implements AutoCloseable {
  private final List<RestoreOrder.Part<? super O, ? super I>> parts;
  private final int index;
  private final RestoreOrder.Part<? super O, ? super I> left;

  /** Leaves out the part with this name until it is closed. */
  @SuppressWarnings("unchecked")
  public Omission(RestoreOrder<O, I> order, String name) {
    try {
      Field field = RestoreOrder.class.getDeclaredField("parts");
      field.setAccessible(true);
      parts = (List<RestoreOrder.Part<? super O, ? super I>>) field.get(order);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
    index = order.names().indexOf(name);
    left = parts.set(index, (_, _) -> {});
  }

  @Override
  public void close() {
    parts.set(index, left);
  }
}
