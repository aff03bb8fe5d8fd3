package io.hyperlight.internal.linux.task;

import java.util.List;

/**
 * Holds the tasks of a process in a snapshot. Immutable.
 *
 * @param tasks the oldest first
 * @param current the number of the one that ran last
 * @param waiting the numbers of those that wait, in the order in which they began to
 * @param ready the numbers of those that are ready, in the order of their turns
 * @param nextNumber the number of the next new task
 */
public record TasksState(
    List<TaskState> tasks,
    int current,
    List<Integer> waiting,
    List<Integer> ready,
    int nextNumber) {
  /** The tasks of a new program: one. */
  public static final TasksState INITIAL =
      new TasksState(List.of(TaskState.INITIAL), 1, List.of(), List.of(), 2);

  public TasksState {
    tasks = List.copyOf(tasks);
    waiting = List.copyOf(waiting);
    ready = List.copyOf(ready);
  }
}
