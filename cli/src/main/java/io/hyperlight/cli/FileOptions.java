package io.hyperlight.cli;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** The options that choose the files that a guest sees. */
final class FileOptions {
  private static final long DEFAULT_SCRATCH_MIB = 64;

  @Option(
      names = "--system",
      description = {
        "Let the guest read what a dynamic program of this machine needs:",
        "/usr, /bin, /sbin, /lib and /lib64, and of /etc the loader's cache, alternatives, time"
            + " zone and certificates. For a program also the files that its arguments name",
        "by a relative path below the current directory; it starts in the root directory."
      })
  private boolean system;

  @Option(
      names = "--mount",
      paramLabel = "HOST:GUEST[:ro]",
      description = {
        "A directory, file, or zip or jar archive of the host, and where the guest sees it.",
        "Always read-only."
      })
  private List<String> mounts = new ArrayList<>();

  @Option(
      names = "--scratch",
      paramLabel = "GUEST[:MIB]",
      description = {
        "An empty directory in memory for the guest to write to, with room for "
            + DEFAULT_SCRATCH_MIB
            + " MiB by default.",
        "It is gone afterwards."
      })
  private List<String> scratches = new ArrayList<>();

  boolean isEmpty() {
    return !system && mounts.isEmpty() && scratches.isEmpty();
  }

  boolean hasSystem() {
    return system;
  }

  boolean hasScratch() {
    return !scratches.isEmpty();
  }

  /** Returns the mounts of a guest without arguments, in the order in which they are made. */
  List<Mounts> mounts() {
    return mounts(List.of());
  }

  /** Returns the mounts of a program, in the order in which they are made. */
  List<Mounts> mounts(List<String> arguments) {
    List<Mounts> all = new ArrayList<>();
    if (system) {
      all.addAll(Mounts.system());
      all.addAll(ArgumentFiles.mounts(arguments));
    }
    mounts.forEach(mount -> all.add(Mounts.host(mount)));
    scratches.forEach(scratch -> all.add(Mounts.scratch(scratch, DEFAULT_SCRATCH_MIB)));
    return all;
  }
}
