package io.hyperlight.internal.linux.procfs;

import io.hyperlight.internal.linux.fd.ProcessFiles;
import io.hyperlight.internal.linux.mm.MappedArea;
import io.hyperlight.internal.linux.mm.MappedObject;
import io.hyperlight.internal.linux.mm.Mappings;
import io.hyperlight.internal.linux.mm.ProcessMemory;
import io.hyperlight.internal.linux.proc.ExecutedProgram;
import io.hyperlight.internal.linux.task.GuestProcess;
import io.hyperlight.internal.machine.memory.Protection;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileStatus;
import io.hyperlight.internal.vfs.PathResolver;
import org.jspecify.annotations.Nullable;

/** Formats the lines of {@code /proc/self/maps}: {@code proc_pid_maps(5)}. */
final class MapsLine {
  /** The device that lines show for shared memory without a name. */
  private static final int ZEROS_DEVICE = 1;

  /**
   * The maximum length of a path in a line. Longer paths lose their beginning: there may be
   * thousands of lines.
   */
  private static final int LONGEST_NAME = 255;

  private final ExecutedProgram program;
  private final ProcessMemory memory;
  private final ProcessFiles files;

  MapsLine(GuestProcess process) {
    program = process.program();
    memory = process.memory();
    files = process.files();
  }

  /** Formats a line, without its end. */
  String of(Mappings.View view) {
    MappedArea area = view.area();
    String line =
        "%08x-%08x %s%c %08x 00:%02x %d"
            .formatted(
                view.start(),
                view.end(),
                rights(view.protection()),
                area != null && area.shared() ? 's' : 'p',
                area == null ? 0 : area.offset(),
                device(area),
                inode(area));
    String name = name(view);
    return name.isEmpty() ? line + " " : "%-73s%s".formatted(line, name);
  }

  private static String rights(Protection protection) {
    return (protection.readable() ? "r" : "-")
        + (protection.writable() ? "w" : "-")
        + (protection.executable() ? "x" : "-");
  }

  /** Returns the status of the program's file as {@code /proc/self/exe} shows it. */
  private FileStatus programStatus() {
    PathResolver paths = files.paths();
    try {
      return paths.resolve(paths.root(), "/proc/self/exe", true).node().status();
    } catch (FileException e) {
      return program.file().status(); // another mount hides /proc/self/exe, too
    }
  }

  private long inode(@Nullable MappedArea area) {
    if (area == null || !(area.object() instanceof MappedObject.OfFile file)) {
      return 0;
    }
    return file.location() == null ? programStatus().inode() : file.inode();
  }

  private int device(@Nullable MappedArea area) {
    if (area == null) {
      return 0;
    }
    return switch (area.object()) {
      case MappedObject.OfFile file ->
          file.location() == null ? programStatus().device() : file.device();
      case MappedObject.SharedZeros _ -> ZEROS_DEVICE;
    };
  }

  private String name(Mappings.View view) {
    MappedArea area = view.area();
    if (area == null) {
      return memory.nameOf(view.start());
    }
    return switch (area.object()) {
      case MappedObject.OfFile file -> {
        String path = file.location() == null ? program.identity().file() : file.location().path();
        String end = path.substring(Math.max(0, path.length() - LONGEST_NAME));
        yield end.replace("\n", "\\012") + (file.isLinked() ? "" : " (deleted)");
      }
      case MappedObject.SharedZeros _ -> "/dev/zero (deleted)";
    };
  }
}
