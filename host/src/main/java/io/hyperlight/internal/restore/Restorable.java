package io.hyperlight.internal.restore;

/**
 * State that a restore makes equal to that of an image.
 *
 * <p>{@link #restore} works from any state, even after an earlier restore that failed in the
 * middle. It neither allocates memory nor makes a system call unless a change requires one. Nothing
 * runs in the guest meanwhile.
 *
 * @param <I> the image, or the part of one that concerns this state
 */
@FunctionalInterface
public interface Restorable<I> {
  /**
   * Makes this state equal to that of an image. After an exception, the state is undefined until
   * another restore succeeds.
   */
  void restore(I image);
}
