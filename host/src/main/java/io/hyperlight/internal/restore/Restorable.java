package io.hyperlight.internal.restore;

/**
 * State that a restore makes equal to that of an image.
 *
 * <p>{@link #restore} does so whatever the state is, also after an earlier restore that failed in
 * the middle. It neither allocates nor makes a system call if nothing has changed that needs one.
 * Nothing runs in the guest meanwhile.
 *
 * @param <I> the image, or the part of one that concerns this state
 */
@FunctionalInterface
public interface Restorable<I> {
  /**
   * Makes this state equal to that of an image. If it throws, the state may be anything until
   * another restore.
   */
  void restore(I image);
}
