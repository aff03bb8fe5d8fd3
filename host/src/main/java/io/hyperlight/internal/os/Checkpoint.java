package io.hyperlight.internal.os;

/**
 * Where work for a guest can be ended. Every loop whose length a guest chooses calls {@link #pass}
 * in each round, so that a call ends in time whatever the guest has asked for.
 *
 * <pre>{@code
 * for (DirectoryEntry entry : entries) {
 *   checkpoint.pass();
 *   ...
 * }
 * }</pre>
 *
 * <p>A step is some microseconds of work at most: a visit to a node, an entry, a mapping or a
 * descriptor, or a copy of up to {@link #STEP_BYTES}. What is done in one go, such as a copy of an
 * array, is cut into pieces of some {@link #MOST_STEPS} steps. Passing costs a volatile read, and
 * now and then a look at the clock; it allocates nothing.
 *
 * <p>Where the call is to end, {@link #pass} throws a {@link StoppedException}. The sandbox is
 * unusable then until it is restored, so that the guest never sees work that was left half done.
 * What the host accounts for has to be right all the same: descriptors, budgets, trees. So pass
 * before a change, not in the middle of one, or undo it. Nobody catches that exception but to throw
 * it on.
 *
 * <p>Outside of calls passing does nothing. For the thread that works for the sandbox.
 */
@FunctionalInterface
public interface Checkpoint {
  /** What is copied in one step. */
  int STEP_BYTES = 4096;

  /** How much work may lie between two checkpoints. */
  int MOST_STEPS = 64;

  /** How many bytes may be copied in one go. */
  int MOST_BYTES = MOST_STEPS * STEP_BYTES;

  /** Of work that nobody ends. */
  Checkpoint NONE = _ -> {};

  /**
   * Goes on, unless the call is to end.
   *
   * @param steps how much work comes next, or has been done since the last one; not negative
   * @throws StoppedException if it is
   */
  void pass(long steps);

  /** As {@link #pass(long)} with one step. */
  default void pass() {
    pass(1);
  }

  /** As {@link #pass(long)} for a copy of so many bytes, not negative. */
  default void passBytes(long bytes) {
    pass(bytes / STEP_BYTES + 1);
  }
}
