package io.hyperlight.internal.linux;

import io.hyperlight.internal.linux.fd.FileState;
import io.hyperlight.internal.linux.proc.ProcessState;
import io.hyperlight.internal.linux.task.GuestProcess;
import io.hyperlight.internal.linux.task.TaskImages;
import io.hyperlight.internal.linux.task.World;
import io.hyperlight.internal.machine.Context;
import io.hyperlight.internal.restore.RestoreOrder;
import io.hyperlight.internal.vfs.Counterparts;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Freezes the state of a world for a snapshot and restores it. */
final class WorldImages {
  /**
   * The parts of the world, in the order in which they are restored. A restore allocates nothing.
   * State that each call resets at its start is not a part.
   */
  static final RestoreOrder<WorldImages, LinuxState> RESTORE_ORDER =
      new RestoreOrder<WorldImages, LinuxState>()
          // Before all that sets timers.
          .add("turns of timers", (of, _) -> of.world.timers().restart())
          .add(
              "program break",
              (of, state) -> of.process.memory().programBreak().restore(state.programBreak()))
          .add("files", (of, state) -> of.process.files().restore(state.files()))
          // After the files: mapped objects of the file system are opened again.
          .add(
              "mappings",
              (of, state) -> of.process.memory().files().restore(state.mappings(), of.counterparts))
          .add("clock", (of, state) -> of.world.clock().restore(state.clock()))
          // After the clocks, by which the timers run.
          .add("timers", (of, state) -> of.process.timers().restore(state.timers()))
          .add("random numbers", (of, _) -> of.world.random().restore())
          // After the timers, which the waits of tasks set, and after the mappings, which say where
          // shared futexes are.
          .add(
              "tasks",
              (of, state) -> {
                of.tasks.restore(state.tasks());
                of.world.futexes().restore(state.futexes());
              })
          .add("attributes", (of, state) -> of.process.attributes().restore(state.process()))
          .add("limits", (of, state) -> of.process.limits().restore(state.process().limits()))
          .add("usage", (of, state) -> of.process.usage().restore(state.process().usage()))
          .add("program", (of, state) -> of.process.program().restore(state.process()));

  private final World world;
  private final GuestProcess process;
  private final TaskImages tasks;
  private final Supplier<Counterparts> counterparts;

  WorldImages(World world, GuestProcess process, IntFunction<@Nullable Context> contexts) {
    this.world = world;
    this.process = process;
    tasks = new TaskImages(process, contexts);
    counterparts = () -> world.files().fileSystem().counterparts();
  }

  /** Returns the state between two calls. The caller closes it. */
  LinuxState freeze() {
    FileState files = process.files().freeze();
    try {
      return new LinuxState(
          process.memory().programBreak().current(),
          files,
          world.clock().state(),
          tasks.state(),
          processState(),
          process.memory().files().freeze(),
          process.timers().state(),
          world.futexes().state());
    } catch (Throwable t) {
      files.close();
      throw t;
    }
  }

  private ProcessState processState() {
    return new ProcessState(
        process.limits().state(),
        process.attributes().state(),
        process.attributes().barriers(),
        process.usage().state(),
        process.program().auxiliary());
  }
}
