package io.hyperlight.fuzz;

import io.hyperlight.containment.FrameTarget;
import io.hyperlight.containment.SystemCallTarget;
import io.hyperlight.internal.call.ElfTarget;
import io.hyperlight.internal.loader.FunctionTableTarget;
import io.hyperlight.internal.vfs.archive.ArchiveTarget;
import io.hyperlight.internal.vfs.host.PathTarget;
import io.hyperlight.snapshots.SnapshotTarget;
import java.util.List;

/** All targets, by name: the folder of each one's corpus has it, and so do commands. */
final class FuzzTargets {
  /** Those that start no VM. */
  static final List<String> PARSERS = List.of("archive", "function-table", "path");

  /** Those that do. */
  static final List<String> MACHINES = List.of("elf", "frame", "snapshot", "system-call");

  private FuzzTargets() {}

  static FuzzTarget open(String name) {
    return switch (name) {
      case "archive" -> new ArchiveTarget();
      case "elf" -> new ElfTarget();
      case "frame" -> new FrameTarget();
      case "function-table" -> new FunctionTableTarget();
      case "path" -> new PathTarget();
      case "snapshot" -> new SnapshotTarget();
      case "system-call" -> new SystemCallTarget();
      default -> throw new IllegalArgumentException("no fuzz target \"" + name + "\"");
    };
  }
}
