package io.hyperlight.internal.restore;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;

/**
 * The parts of some state in the order in which a restore takes them. Later parts may rely on
 * earlier ones: whoever adds a part says there why it stands where it stands.
 *
 * <p>All parts are added before the first restore.
 *
 * @param <I> what they are restored from
 */
public final class RestoreOrder<I> implements Restorable<I> {
  private final List<String> names = new ArrayList<>();

  private final List<Restorable<? super I>> parts = new ArrayList<>();

  /**
   * Adds a part behind all others.
   *
   * @param name says what the part is, and is no other part's
   */
  public RestoreOrder<I> add(String name, Restorable<? super I> part) {
    if (names.contains(name)) {
      throw new IllegalArgumentException("two parts with the name " + name);
    }
    names.add(name);
    parts.add(part);
    return this;
  }

  /**
   * As {@link #add(String, Restorable)}, for a part that needs only some of the image.
   *
   * @param some takes that out of the image, and allocates nothing
   */
  public <P> RestoreOrder<I> add(
      String name, Function<? super I, ? extends P> some, Restorable<? super P> part) {
    return add(name, image -> part.restore(some.apply(image)));
  }

  /** The names of the parts, in their order. */
  public List<String> names() {
    return Collections.unmodifiableList(names);
  }

  /** Restores all parts. If one throws, those behind it are not restored. */
  @Override
  public void restore(I image) {
    for (int i = 0; i < parts.size(); i++) { // an iterator would need room in the heap
      parts.get(i).restore(image);
    }
  }
}
