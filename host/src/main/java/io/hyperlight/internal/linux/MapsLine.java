package io.hyperlight.internal.linux;

import io.hyperlight.internal.machine.memory.Protection;
import org.jspecify.annotations.Nullable;

/** What {@code /proc/self/maps} says of a mapping: {@code proc_pid_maps(5)}. */
final class MapsLine {
  /** Where shared memory without a name seems to be. */
  private static final int ZEROS_DEVICE = 1;

  /** Longer paths are cut at their beginning: there may be thousands of such lines. */
  private static final int LONGEST_NAME = 255;

  private MapsLine() {}

  /** The line, without its end. */
  static String of(Mappings.View view, SystemCalls guest) {
    MappedArea area = view.area();
    String line =
        "%08x-%08x %s%c %08x 00:%02x %d"
            .formatted(
                view.start(),
                view.end(),
                rights(view.protection()),
                area != null && area.shared() ? 's' : 'p',
                area == null ? 0 : area.offset(),
                device(area, guest),
                inode(area, guest));
    String name = name(view, guest);
    return name.isEmpty() ? line + " " : "%-73s%s".formatted(line, name);
  }

  private static String rights(Protection protection) {
    return (protection.readable() ? "r" : "-")
        + (protection.writable() ? "w" : "-")
        + (protection.executable() ? "x" : "-");
  }

  private static long inode(@Nullable MappedArea area, SystemCalls guest) {
    if (area == null || !(area.object() instanceof MappedObject.OfFile file)) {
      return 0;
    }
    return file.location() == null ? guest.programStatus().inode() : file.inode();
  }

  private static int device(@Nullable MappedArea area, SystemCalls guest) {
    if (area == null) {
      return 0;
    }
    return switch (area.object()) {
      case MappedObject.OfFile file ->
          file.location() == null ? guest.programStatus().device() : file.device();
      case MappedObject.SharedZeros _ -> ZEROS_DEVICE;
    };
  }

  private static String name(Mappings.View view, SystemCalls guest) {
    MappedArea area = view.area();
    if (area == null) {
      return guest.memory().nameOf(view.start());
    }
    return switch (area.object()) {
      case MappedObject.OfFile file -> {
        String path = file.location() == null ? guest.program().path() : file.location().path();
        String end = path.substring(Math.max(0, path.length() - LONGEST_NAME));
        yield end.replace("\n", "\\012") + (file.isLinked() ? "" : " (deleted)");
      }
      case MappedObject.SharedZeros _ -> "/dev/zero (deleted)";
    };
  }
}
