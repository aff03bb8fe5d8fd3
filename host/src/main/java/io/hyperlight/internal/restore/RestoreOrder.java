package io.hyperlight.internal.restore;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;

/**
 * The parts of some state, in the order in which a restore takes them. A later part may rely on an
 * earlier one. Code that adds a part says there why the part has this position.
 *
 * <p>All objects of a class share one order. All parts are added before the first restore.
 *
 * @param <O> the owner of the state
 * @param <I> the image from which it is restored
 */
public final class RestoreOrder<O, I> {
  /**
   * Restores a part, as {@link Restorable} says.
   *
   * @param <O> the owner of the part
   * @param <I> the image from which it is restored
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
   * @param name what the part is; no other part has this name
   * @throws IllegalArgumentException if another part has the name
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
   * Adds all parts of an object that belongs to the owner.
   *
   * @param owned returns that object of an owner
   * @throws IllegalArgumentException if one of the names is taken
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

  /** Returns the names of the parts, in their order. */
  public List<String> names() {
    return Collections.unmodifiableList(names);
  }

  /** Restores all parts in order. If one throws, the later ones are not restored. */
  public void restore(O owner, I image) {
    for (int i = 0; i < parts.size(); i++) { // an iterator would take memory of the heap
      parts.get(i).restore(owner, image);
    }
  }
}
