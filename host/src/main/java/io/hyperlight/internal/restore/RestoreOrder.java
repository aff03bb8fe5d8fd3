package io.hyperlight.internal.restore;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;

/**
 * The parts of some state in the order in which a restore takes them. Later parts may rely on
 * earlier ones: whoever adds a part says there why it stands where it stands.
 *
 * <p>There is one for all objects of a class, which has all its parts before the first restore.
 *
 * @param <O> what has the state
 * @param <I> what it is restored from
 */
public final class RestoreOrder<O, I> {
  /**
   * Restores a part, as {@link Restorable} says.
   *
   * @param <O> what has it
   * @param <I> what it is restored from
   */
  @FunctionalInterface
  public interface Part<O, I> {
    /** Makes the part equal to that of the image. */
    void restore(O owner, I image);
  }

  private final List<String> names = new ArrayList<>();

  private final List<Part<? super O, ? super I>> parts = new ArrayList<>();

  /**
   * Adds a part behind all others.
   *
   * @param name says what the part is, and is no other part's
   */
  public RestoreOrder<O, I> add(String name, Part<? super O, ? super I> part) {
    if (names.contains(name)) {
      throw new IllegalArgumentException("two parts with the name " + name);
    }
    names.add(name);
    parts.add(part);
    return this;
  }

  /**
   * Adds all parts of something that belongs to the owner.
   *
   * @param owned takes it out of the owner
   */
  public <P> RestoreOrder<O, I> addAll(
      Function<? super O, ? extends P> owned, RestoreOrder<P, ? super I> order) {
    for (int i = 0; i < order.parts.size(); i++) {
      addOwned(order.names.get(i), owned, order.parts.get(i));
    }
    return this;
  }

  private <P> void addOwned(
      String name, Function<? super O, ? extends P> owned, Part<P, ? super I> part) {
    add(name, (owner, image) -> part.restore(owned.apply(owner), image));
  }

  /** The names of the parts, in their order. */
  public List<String> names() {
    return Collections.unmodifiableList(names);
  }

  /** Restores all parts. If one throws, those behind it are not restored. */
  public void restore(O owner, I image) {
    for (int i = 0; i < parts.size(); i++) { // an iterator would need room in the heap
      parts.get(i).restore(owner, image);
    }
  }
}
