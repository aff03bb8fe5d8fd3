package io.hyperlight.internal.os;

/**
 * A place where work for a guest can be ended. Every loop whose length a guest chooses calls {@link
 * #pass} in each round. So a call ends in time, whatever the guest asks for.
 *
 * <pre>{@code
 * for (DirectoryEntry entry : entries) {
 *   checkpoint.pass();
 *   ...
 * }
 * }</pre>
 *
 * <p>A step is some microseconds of work at most. Examples are a visit to a node, an entry, a
 * mapping or a descriptor, and a copy of up to {@link #STEP_BYTES}. Work that is done in one go,
 * such as a copy of an array, is cut into pieces of some {@link #MAX_STEPS} steps. Passing costs a
 * volatile read, and sometimes a look at the clock. It allocates nothing.
 *
 * <p>If the call must end, {@link #pass} throws a {@link StoppedException}. The sandbox is unusable
 * then until it is restored, so the guest never sees half-done work. The host's own accounts must
 * stay right all the same: descriptors, budgets, trees. So pass before a change, not in the middle
 * of one, or undo the change. Code that catches the exception throws it again.
 *
 * <p>Outside of calls, passing does nothing. For the thread that works for the sandbox.
 */
@FunctionalInterface
public interface Checkpoint {
  /** How many bytes are copied in one step. */
  int STEP_BYTES = 4096;

  /** How many steps of work may lie between two checkpoints. */
  int MAX_STEPS = 64;

  /** How many bytes may be copied in one go. */
  int MAX_BYTES = MAX_STEPS * STEP_BYTES;

  /** The checkpoint of work that is never ended early. */
  Checkpoint NONE = _ -> {};

  /**
   * Passes this checkpoint, unless the call must end.
   *
   * @param steps how much work comes next, or was done since the last checkpoint; not negative
   * @throws StoppedException if the call must end
   */
  void pass(long steps);

  /** Passes this checkpoint with one step, as {@link #pass(long)}. */
  default void pass() {
    pass(1);
  }

  /**
   * Passes this checkpoint for a copy, as {@link #pass(long)}.
   *
   * @param bytes how many bytes are copied; not negative
   */
  default void passBytes(long bytes) {
    pass(bytes / STEP_BYTES + 1);
  }
}
