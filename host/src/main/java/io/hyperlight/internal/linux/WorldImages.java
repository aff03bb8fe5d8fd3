package io.hyperlight.internal.linux;

import io.hyperlight.internal.linux.fd.FileState;
import io.hyperlight.internal.linux.mm.MappedFiles;
import io.hyperlight.internal.linux.mm.ProgramBreak;
import io.hyperlight.internal.linux.proc.ProcessState;
import io.hyperlight.internal.linux.task.GuestProcess;
import io.hyperlight.internal.linux.task.Task;
import io.hyperlight.internal.linux.task.World;
import io.hyperlight.internal.restore.RestoreOrder;
import io.hyperlight.internal.vfs.Counterparts;
import java.util.function.Supplier;

/** What a snapshot keeps of a world, and how the world goes back to it. */
final class WorldImages {
  private final World world;
  private final GuestProcess process;
  private final Task task;

  WorldImages(World world, GuestProcess process, Task task) {
    this.world = world;
    this.process = process;
    this.task = task;
  }

  /** The state between two calls, to be closed by the caller. */
  LinuxState freeze() {
    FileState files = process.files().freeze();
    try {
      return new LinuxState(
          process.memory().programBreak().current(),
          files,
          world.clock().state(),
          task.signals().state(),
          processState(),
          process.memory().files().freeze());
    } catch (Throwable t) {
      files.close();
      throw t;
    }
  }

  private ProcessState processState() {
    return new ProcessState(
        process.attributes().ownName(),
        process.limits().state(),
        process.scheduling().state(),
        process.attributes().state(),
        process.attributes().barriers(),
        task.robustList().head(),
        process.usage().state(),
        process.program().auxiliary());
  }

  /**
   * The parts of the world, in the order in which they go back. A restore allocates nothing. What
   * belongs to a call only, and each call begins by forgetting, is no part.
   */
  RestoreOrder<LinuxState> restoreOrder() {
    ProgramBreak programBreak = process.memory().programBreak();
    MappedFiles mappings = process.memory().files();
    Supplier<Counterparts> counterparts = () -> world.files().fileSystem().counterparts();
    return new RestoreOrder<LinuxState>()
        .add("program break", state -> programBreak.restore(state.programBreak()))
        .add("files", LinuxState::files, process.files())
        // Behind the files, of which objects are opened again that are mapped.
        .add("mappings", state -> mappings.restore(state.mappings(), counterparts))
        .add("clock", state -> world.clock().restore(state.monotonicNanos()))
        .add("random numbers", _ -> world.random().restore())
        .add("signals", LinuxState::signals, task.signals())
        .add("attributes", LinuxState::process, process.attributes())
        .add("limits", state -> process.limits().restore(state.process().limits()))
        .add("scheduling", state -> process.scheduling().restore(state.process().scheduling()))
        .add("robust list", LinuxState::process, task.robustList())
        .add("usage", state -> process.usage().restore(state.process().usage()))
        .add("program", LinuxState::process, process.program());
  }
}
