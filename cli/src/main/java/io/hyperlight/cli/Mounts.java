package io.hyperlight.cli;

import io.hyperlight.FileTree;
import io.hyperlight.LinuxText;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BiConsumer;

/** A mount that {@code --mount}, {@code --scratch} or {@code --system} asks for. */
record Mounts(String guestPath, FileTree tree) {
  private static final String READ_ONLY = ":ro";
  private static final long MAX_MIB = 1 << 20;

  /**
   * Programs and libraries, and the configuration that is the same on all machines and not secret.
   */
  private static final List<String> SYSTEM =
      List.of(
          "/usr",
          "/bin",
          "/sbin",
          "/lib",
          "/lib32",
          "/lib64",
          "/etc/ld.so.cache",
          "/etc/alternatives",
          "/etc/localtime",
          "/etc/ssl/certs");

  /** Parses a mount of the form {@code HOST:GUEST[:ro]}. */
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
    String hostPath = paths.substring(0, colon);
    Path host = LinuxText.path(hostPath);
    String name = hostPath.toLowerCase(Locale.ROOT);
    if (Files.isDirectory(host)) {
      return new Mounts(guestPath, FileTree.directory(host));
    }
    return new Mounts(
        guestPath,
        name.endsWith(".zip") || name.endsWith(".jar")
            ? FileTree.archive(host)
            : FileTree.file(host));
  }

  /** Parses a scratch directory of the form {@code GUEST[:MIB]}. */
  static Mounts scratch(String text, long defaultMib) {
    int colon = text.lastIndexOf(':');
    if (colon < 0) {
      return new Mounts(text, FileTree.memory(defaultMib << 20));
    }
    String number = text.substring(colon + 1);
    try {
      long mib = Long.parseLong(number);
      if (mib >= 1 && mib <= MAX_MIB) {
        return new Mounts(text.substring(0, colon), FileTree.memory(mib << 20));
      }
    } catch (NumberFormatException e) {
      throw new UserException("--scratch " + text + ": \"" + number + "\" is not a number of MiB");
    }
    throw new UserException("--scratch " + text + ": must be 1 to " + MAX_MIB + " MiB");
  }

  /** Returns what dynamic programs of this machine need, without paths that do not exist. */
  static List<Mounts> system() {
    List<Mounts> mounts = new ArrayList<>();
    for (String name : SYSTEM) {
      Path path = Path.of(name);
      if (Files.isDirectory(path)) {
        mounts.add(new Mounts(name, FileTree.directory(path)));
      } else if (Files.isRegularFile(path)) {
        mounts.add(new Mounts(name, FileTree.file(path)));
      }
    }
    return mounts;
  }

  /** Adds this mount to a builder, with the builder's method for mounts. */
  void addTo(BiConsumer<String, FileTree> mount) {
    try {
      mount.accept(guestPath, tree);
    } catch (IllegalArgumentException e) {
      throw new UserException(String.valueOf(e.getMessage()));
    }
  }
}
