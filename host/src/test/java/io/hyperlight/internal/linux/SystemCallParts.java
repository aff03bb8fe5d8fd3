package io.hyperlight.internal.linux;

import io.hyperlight.internal.linux.base.Refusals;
import io.hyperlight.internal.linux.task.Processors;
import io.hyperlight.internal.linux.task.Task;
import io.hyperlight.internal.restore.RestoreOrder;
import io.hyperlight.testing.HostGraph;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Gives tests in other packages access to a guest's internal state. */
public final class SystemCallParts {
  private SystemCallParts() {}

  /** Returns the parts of the state in the order in which they are restored. */
  public static RestoreOrder<?, ?> restoreOrder() {
    return SystemCalls.RESTORE_ORDER;
  }

  /** Describes the host's record of mapped objects and of the auxiliary vector. */
  public static String of(SystemCalls calls) {
    try (LinuxState state = calls.state()) {
      return "mapped objects: %s, auxiliary vector: %d"
          .formatted(!state.mappings().isInitial(), state.process().auxiliary());
    }
  }

  /** Returns how many tasks ran when several processors were stopped last. */
  public static int stoppedTogether(SystemCalls calls) {
    Processors<Task> processors = calls.process().world().scheduler().processors();
    return Math.toIntExact(
        calls.process().tasks().all().stream().filter(task -> processors.wasStopped(task)).count());
  }

  @SuppressWarnings("unchecked") // as the field is declared
  private static Map<Task, TaskCalls> handlersOf(SystemCalls calls) {
    Turns turns = read(calls, "turns", Turns.class);
    return read(read(turns, "handlers", CallHandlers.class), "all", Map.class);
  }

  private static <T> T read(Object of, String field, Class<T> type) {
    try {
      Field found = of.getClass().getDeclaredField(field);
      found.setAccessible(true);
      return Objects.requireNonNull(type.cast(found.get(of)));
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }

  /** Returns in what the handlers of tasks differ from those that a task gets first. */
  public static List<String> differencesOfHandlers(SystemCalls calls) {
    List<String> differences = new ArrayList<>();
    for (Task task : calls.process().tasks().all()) {
      TaskCalls used = handlersOf(calls).get(task);
      if (used != null) {
        TaskCalls fresh = new TaskCalls(task, read(calls, "refusals", Refusals.class));
        differences.addAll(HostGraph.compare(fresh, used, Set.of()).differences());
      }
    }
    return differences;
  }

  /** Moves the recorded auxiliary vector, as a guest cannot. */
  public static void moveAuxiliaryVector(SystemCalls calls) {
    calls.process().program().setAuxiliary(4096);
  }
}
