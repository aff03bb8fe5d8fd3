package io.hyperlight.cli;

import io.hyperlight.FileTree;
import io.hyperlight.LinuxText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The files that the arguments of a program name, so that {@code run --system node server.js} and
 * {@code java -cp app.jar:lib.jar Main} find them. Only regular files below the current directory
 * count, and only by a relative path. So an argument cannot show the guest other files of the user.
 * The guest has each at the same path, because its working directory is the root.
 */
final class ArgumentFiles {
  /** The number of files that are shown. More of them are the contents of a directory. */
  private static final int MAX_FILES = 64;

  private ArgumentFiles() {}

  /** Returns a mount for each file. */
  static List<Mounts> mounts(List<String> arguments) {
    Map<String, Path> files = new LinkedHashMap<>();
    Path current;
    try {
      current = Path.of("").toRealPath();
    } catch (IOException e) {
      return List.of(); // It has been deleted, and has no files.
    }
    for (String argument : arguments) {
      if (!add(argument, current, files)) {
        // A class path, or the value of an option.
        for (String part : argument.split("[:=]", -1)) {
          add(part, current, files);
        }
      }
    }
    if (files.size() > MAX_FILES) {
      System.err.println(
          "hyperlight: the arguments name "
              + files.size()
              + " files, and the program sees none of them: mount their directory");
      return List.of();
    }
    List<Mounts> mounts = new ArrayList<>();
    files.forEach((guestPath, file) -> mounts.add(new Mounts(guestPath, FileTree.file(file))));
    return mounts;
  }

  /** Adds a file if a text is a relative path to one. Returns whether it is. */
  private static boolean add(String text, Path current, Map<String, Path> files) {
    if (text.isEmpty() || text.startsWith("/")) {
      return false;
    }
    Path path = LinuxText.path(text).toAbsolutePath().normalize();
    String folder = LinuxText.of(Path.of("").toAbsolutePath());
    String prefix = folder.endsWith("/") ? folder : folder + "/";
    String name = LinuxText.of(path);
    if (!name.startsWith(prefix) || !Files.isRegularFile(path) || !Files.isReadable(path)) {
      return false;
    }
    try {
      Path real = path.toRealPath();
      if (!real.startsWith(current)) {
        return false; // A link leads out of the directory.
      }
      files.put(name.substring(prefix.length() - 1), real);
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
