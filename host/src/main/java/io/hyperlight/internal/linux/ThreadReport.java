package io.hyperlight.internal.linux;

import io.hyperlight.internal.linux.task.Task;
import io.hyperlight.internal.linux.task.World;
import io.hyperlight.internal.linux.wait.TaskWait;
import io.hyperlight.internal.machine.arch.RegisterValues;
import org.jspecify.annotations.Nullable;

/**
 * Tells what a thread of a guest does.
 *
 * @param number of the task
 * @param name hostile: the guest chooses it
 * @param state in words, which follow the thread's name
 * @param registers with the instruction pointer in the guest's own code
 */
public record ThreadReport(int number, String name, String state, RegisterValues registers) {
  /** How many bytes of a name are shown. */
  public static final int NAME_BYTES = 64;

  static ThreadReport of(Task task, @Nullable RegisterValues current) {
    boolean runs = task == task.world().scheduler().current();
    return new ThreadReport(
        task.identity().thread(),
        task.attributes().name(),
        state(task),
        runs && current != null ? current : task.context().location());
  }

  private static String state(Task task) {
    World world = task.world();
    if (task.hasExited()) {
      return "has exited";
    }
    if (task.waiting().state() == TaskWait.State.BLOCKED) {
      return task.waiting().what();
    }
    if (world.scheduler().ready().contains(task)
        && !world.scheduler().processors().wasStopped(task)) {
      return "is ready";
    }
    return "runs";
  }
}
