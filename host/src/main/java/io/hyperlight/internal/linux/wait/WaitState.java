package io.hyperlight.internal.linux.wait;

import org.jspecify.annotations.Nullable;

/**
 * Holds what a {@link TaskWait} has in a snapshot. Immutable.
 *
 * @param state of the wait
 * @param deadline of the call; null if it has not asked for one
 * @param isOver whether the deadline has come
 * @param progress that the call has noted
 * @param result of a call that is completed
 */
public record WaitState(
    TaskWait.State state, @Nullable Deadline deadline, boolean isOver, long progress, long result) {
  /** The state of a task that does not wait. */
  public static final WaitState NONE = new WaitState(TaskWait.State.NONE, null, false, 0, 0);
}
