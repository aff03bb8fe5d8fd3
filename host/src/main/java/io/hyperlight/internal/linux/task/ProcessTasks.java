package io.hyperlight.internal.linux.task;

import io.hyperlight.internal.linux.base.TaskIdentity;
import io.hyperlight.internal.machine.Context;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** The tasks of a process: the first one, and those that {@code clone(2)} has made. */
public final class ProcessTasks {
  /** {@code PID_MAX_LIMIT}: one more than the largest number of a task. */
  private static final int NUMBERS = 1 << 22;

  /** Where numbers begin again ({@code RESERVED_PIDS}). */
  private static final int RESERVED = 300;

  private final GuestProcess process;

  /** The oldest first. */
  private final List<Task> tasks = new ArrayList<>(1);

  private int nextNumber = TaskIdentity.FIRST.thread() + 1;

  ProcessTasks(GuestProcess process) {
    this.process = process;
  }

  /** Returns all tasks, the oldest first. */
  public List<Task> all() {
    return tasks;
  }

  /** Returns the first task of the process. */
  public Task first() {
    return tasks.getFirst();
  }

  /** Returns how many tasks there are, without a first one that has exited. */
  public int count() {
    return tasks.size() - (first().hasExited() ? 1 : 0);
  }

  /** Returns the task with a number; null if there is none. */
  public @Nullable Task find(int number) {
    for (int i = 0; i < tasks.size(); i++) {
      if (tasks.get(i).identity().thread() == number) {
        return tasks.get(i);
      }
    }
    return null;
  }

  /** Adds a task, which other tasks see from now on. */
  public void add(Task task) {
    tasks.add(task);
    task.begin();
  }

  /** Returns the identity of a new task. */
  TaskIdentity newIdentity() {
    int number = nextNumber;
    while (find(number) != null) {
      number = after(number);
    }
    nextNumber = after(number);
    TaskIdentity own = first().identity();
    return new TaskIdentity(own.process(), number, own.parent(), own.user());
  }

  private static int after(int number) {
    return number + 1 < NUMBERS ? number + 1 : RESERVED;
  }

  // Snapshots.

  int nextNumber() {
    return nextNumber;
  }

  void restoreNumbers(int next) {
    nextNumber = next;
  }

  /** Returns the task with a number that is known to be there. */
  Task known(int number) {
    return Objects.requireNonNull(find(number));
  }

  /** Removes the tasks that are not in a snapshot, and makes those that are missing. */
  void keep(TasksState wanted, IntFunction<@Nullable Context> contexts) {
    List<TaskState> states = wanted.tasks();
    for (int i = 0; i < states.size(); i++) {
      TaskState state = states.get(i);
      Context context = Objects.requireNonNull(contexts.apply(state.context()));
      if (i < tasks.size() && tasks.get(i).is(state.thread(), context)) {
        continue;
      }
      tasks.subList(i, tasks.size()).forEach(Task::forget);
      tasks.subList(i, tasks.size()).clear();
      TaskIdentity own = TaskIdentity.FIRST;
      add(
          new Task(
              process,
              new TaskIdentity(own.process(), state.thread(), own.parent(), own.user()),
              context));
    }
    while (tasks.size() > states.size()) {
      tasks.removeLast().forget();
    }
  }

  /** Returns the oldest task that has not exited; null if there is none. */
  private @Nullable Task oldest() {
    for (int i = 0; i < tasks.size(); i++) {
      if (!tasks.get(i).hasExited()) {
        return tasks.get(i);
      }
    }
    return null;
  }

  /** Returns how much of the heap they take, besides the first. */
  long heapBytes() {
    return Math.max(0, tasks.size() - 1) * Task.HEAP_BYTES;
  }

  /**
   * Ends a task.
   *
   * @return whether it was the last one, so that the process ends with its status
   */
  public boolean end(Task task) {
    task.waiting().reset();
    if (count() > 1) { // nobody sees the memory of a process that ends
      task.robustList().end(task.futexes(), process.bytes(), task.clearedAtExit());
      task.signals().end();
    }
    task.setExited(true);
    if (!task.isFirst()) {
      task.forget(); // a restore only finds those that are there
      tasks.remove(task); // the first one stays, as what Linux calls a zombie
    }
    task.context().exit();
    process.world().scheduler().remove(task, oldest());
    return count() == 0;
  }
}
