package io.hyperlight.cli;

import io.hyperlight.FileTree;
import io.hyperlight.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Reads what {@code --mount} and {@code --scratch} say. */
record Mounts(String guestPath, FileTree tree) {
  private static final String READ_ONLY = ":ro";
  private static final long MOST_MIB = 1 << 20;

  /** Of the form {@code HOST:GUEST[:ro]}. */
  static Mounts host(String text) {
    String paths =
        text.endsWith(READ_ONLY) ? text.substring(0, text.length() - READ_ONLY.length()) : text;
    int colon = paths.lastIndexOf(':');
    if (colon <= 0 || colon == paths.length() - 1) {
      throw new UserException("--mount " + text + ": must be HOST:GUEST or HOST:GUEST:ro");
    }
    String guestPath = paths.substring(colon + 1);
    if (guestPath.equals("rw")) {
      throw new UserException(
          "--mount " + text + ": files of the host are read-only; to write, use --scratch GUEST");
    }
    Path host = Path.of(paths.substring(0, colon));
    String name = host.toString().toLowerCase(Locale.ROOT);
    if (Files.isDirectory(host)) {
      return new Mounts(guestPath, FileTree.directory(host));
    }
    return new Mounts(
        guestPath,
        name.endsWith(".zip") || name.endsWith(".jar")
            ? FileTree.archive(host)
            : FileTree.file(host));
  }

  /** Of the form {@code GUEST[:MIB]}. */
  static Mounts scratch(String text, long defaultMib) {
    int colon = text.lastIndexOf(':');
    if (colon < 0) {
      return new Mounts(text, FileTree.memory(defaultMib << 20));
    }
    String number = text.substring(colon + 1);
    try {
      long mib = Long.parseLong(number);
      if (mib >= 1 && mib <= MOST_MIB) {
        return new Mounts(text.substring(0, colon), FileTree.memory(mib << 20));
      }
    } catch (NumberFormatException e) {
      throw new UserException("--scratch " + text + ": \"" + number + "\" is no number of MiB");
    }
    throw new UserException("--scratch " + text + ": must be 1 to " + MOST_MIB + " MiB");
  }

  void addTo(Program program) {
    try {
      program.mount(guestPath, tree);
    } catch (IllegalArgumentException e) {
      throw new UserException(String.valueOf(e.getMessage()));
    }
  }
}
