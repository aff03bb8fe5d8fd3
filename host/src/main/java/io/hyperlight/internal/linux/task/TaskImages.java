package io.hyperlight.internal.linux.task;

import io.hyperlight.internal.linux.wait.TaskWait;
import io.hyperlight.internal.machine.Context;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Freezes the tasks of a process for a snapshot and restores them. A restored task that waited
 * makes its call again, which then waits again, with the same deadline. So waits need no sources in
 * a snapshot.
 */
public final class TaskImages {
  private final GuestProcess process;
  private final IntFunction<@Nullable Context> contexts;

  /**
   * Creates the images of a process.
   *
   * @param contexts finds a context of the machine by its number
   */
  public TaskImages(GuestProcess process, IntFunction<@Nullable Context> contexts) {
    this.process = process;
    this.contexts = contexts;
  }

  /** Returns the state of all tasks. */
  public TasksState state() {
    Scheduler scheduler = process.world().scheduler();
    List<Task> tasks = process.tasks().all();
    List<TaskState> states = new ArrayList<>();
    for (Task task : tasks) {
      states.add(task.state());
    }
    return new TasksState(
        states,
        scheduler.current().identity().thread(),
        tasks.stream()
            .filter(task -> task.waiting().state() == TaskWait.State.BLOCKED)
            .sorted(Comparator.comparingLong(task -> task.waiting().since()))
            .map(task -> task.identity().thread())
            .toList(),
        scheduler.ready().stream().map(task -> task.identity().thread()).toList(),
        process.tasks().nextNumber());
  }

  private @Nullable Task inProcessor() {
    List<Task> tasks = process.tasks().all();
    for (int i = 0; i < tasks.size(); i++) {
      if (!tasks.get(i).context().isParked()) {
        return tasks.get(i);
      }
    }
    return null;
  }

  /** Makes the tasks equal to earlier ones. Tasks that are still there are not made again. */
  public void restore(TasksState earlier) {
    ProcessTasks tasks = process.tasks();
    tasks.restoreNumbers(earlier.nextNumber());
    tasks.keep(earlier, contexts);
    process.signals().restart();
    process.world().futexes().restart();
    for (int i = 0; i < earlier.tasks().size(); i++) {
      tasks.all().get(i).restore(earlier.tasks().get(i));
    }
    Scheduler scheduler = process.world().scheduler();
    scheduler.reset(tasks.known(earlier.current()), inProcessor());
    // Those that wait come first: they wait again, and then the others are alone.
    for (int i = 0; i < earlier.waiting().size(); i++) {
      scheduler.add(tasks.known(earlier.waiting().get(i)));
    }
    for (int i = 0; i < earlier.ready().size(); i++) {
      scheduler.add(tasks.known(earlier.ready().get(i)));
    }
  }
}
