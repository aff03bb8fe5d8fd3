package io.hyperlight.cli;

import io.hyperlight.LinuxText;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds the program that a command line means, as a shell and Linux do. It looks on the PATH and
 * follows the {@code #!} line of scripts ({@code fs/binfmt_script.c}). Most scripts name {@code
 * env}. A guest cannot start another program, so this class also does the work of {@code env}.
 */
final class ProgramFinder {
  /** {@code BINPRM_BUF_SIZE}: the number of bytes of a file that Linux looks at. */
  private static final int LOOKED_AT = 256;

  /** The number of interpreters that Linux follows if they are scripts themselves. */
  private static final int DEEPEST = 5;

  private static final Set<String> ENV = Set.of("/usr/bin/env", "/bin/env");

  /**
   * A program that was found.
   *
   * @param file the program
   * @param arguments its arguments
   * @param scripts the files that it interprets. They must be mounted
   * @param environment the variables that {@code env -S} sets
   */
  record Found(
      Path file, List<String> arguments, Set<Path> scripts, Map<String, String> environment) {}

  private final Set<Path> scripts = new LinkedHashSet<>();
  private final Map<String, String> environment = new LinkedHashMap<>();

  private ProgramFinder() {}

  /**
   * Finds a program by its name.
   *
   * @throws UserException if there is no such program, or it cannot be run
   */
  static Found find(String name, List<String> arguments) {
    return new ProgramFinder().resolve(name, arguments);
  }

  private Found resolve(String name, List<String> initial) {
    List<String> arguments = initial;
    String program = name;
    for (int depth = 0; ; depth++) {
      Path file = onPath(program, depth == 0 ? "" : name);
      requireExecutable(file, program);
      List<String> interpreter = interpreter(file, program);
      if (interpreter.isEmpty()) {
        return new Found(file, arguments, scripts, environment);
      }
      if (depth == DEEPEST) {
        throw UserException.notExecutable(
            name + ": its interpreter is a script, and so on: Linux follows " + DEEPEST);
      }
      // The path must be absolute, because the guest's working directory is the root.
      String path = LinuxText.of(file.toAbsolutePath().normalize());
      scripts.add(file.toAbsolutePath().normalize());
      List<String> words = new ArrayList<>(interpreter.subList(1, interpreter.size()));
      words.add(path);
      words.addAll(arguments);
      program = interpreter.getFirst();
      arguments = words;
    }
  }

  /** Finds a program as a shell does. */
  private static Path onPath(String program, String script) {
    String whose = script.isEmpty() ? program : script + ": its interpreter " + program;
    if (program.indexOf('/') >= 0) {
      Path file = LinuxText.path(program);
      if (!Files.exists(file)) {
        throw UserException.notFound(
            whose
                + (program.endsWith("\r")
                    ? " does not exist: the script's first line ends in a carriage return"
                    : " does not exist"));
      }
      return file;
    }
    for (String folder : HostText.variable("PATH").split(":", -1)) {
      Path candidate = LinuxText.path((folder.isEmpty() ? "." : folder) + "/" + program);
      if (Files.isRegularFile(candidate) && Files.isExecutable(candidate)) {
        return candidate;
      }
    }
    throw UserException.notFound(
        (script.isEmpty() ? program : script + ": " + program)
            + ": there is no such program on the PATH"
            + (Files.exists(LinuxText.path(program)) ? "; for the file here: ./" + program : ""));
  }

  private static void requireExecutable(Path file, String name) {
    if (Files.isDirectory(file)) {
      throw UserException.notExecutable(name + " is a directory");
    }
    if (!Files.isRegularFile(file)) {
      throw UserException.notExecutable(name + " is not a regular file");
    }
    if (!Files.isReadable(file)) {
      throw UserException.notExecutable(name + " cannot be read: permission denied");
    }
    if (!Files.isExecutable(file)) {
      throw UserException.notExecutable(name + " is not executable: chmod +x " + name);
    }
  }

  /** Returns the interpreter and its arguments, or an empty list if the file is not a script. */
  private List<String> interpreter(Path file, String name) {
    byte[] start;
    try (InputStream in = Files.newInputStream(file)) {
      start = in.readNBytes(LOOKED_AT);
    } catch (IOException e) {
      throw UserException.notExecutable(name + " cannot be read: " + UserException.reason(e));
    }
    if (start.length < 2 || start[0] != '#' || start[1] != '!') {
      if (start.length > 0 && isText(start)) {
        throw UserException.notExecutable(
            name
                + " is text without a #! line: name its interpreter, such as hyperlight run sh "
                + name);
      }
      return List.of();
    }
    int end = 2;
    while (end < start.length && start[end] != '\n' && start[end] != 0) {
      end++;
    }
    String line = trim(LinuxText.decode(Arrays.copyOfRange(start, 2, end)));
    if (end == LOOKED_AT && line.chars().noneMatch(c -> c == ' ' || c == '\t')) {
      throw UserException.notExecutable(name + ": its #! line is too long for Linux");
    }
    if (line.isEmpty()) {
      throw UserException.notExecutable(name + ": its #! line names no interpreter");
    }
    String[] parts = line.split("[ \t]+", 2);
    List<String> words = new ArrayList<>(Arrays.asList(parts));
    return ENV.contains(words.getFirst()) ? env(words, name) : words;
  }

  /**
   * Returns the command that {@code env} would run. Supports {@code env NAME}, {@code env -S NAME
   * ARGUMENT...} and {@code env -S A=B NAME}.
   */
  private List<String> env(List<String> words, String name) {
    String rest = words.size() > 1 ? words.get(1) : "";
    boolean splits = rest.startsWith("-S");
    List<String> parts =
        splits ? Arrays.stream(rest.substring(2).strip().split("[ \t]+")).toList() : List.of(rest);
    int first = 0;
    while (first < parts.size() && parts.get(first).indexOf('=') > 0) {
      String[] variable = parts.get(first++).split("=", 2);
      environment.put(variable[0], variable[1]);
    }
    if (first == parts.size() || parts.get(first).isEmpty() || parts.get(first).startsWith("-")) {
      throw UserException.notExecutable(
          name + ": hyperlight run cannot do what its #! line asks of env: name the interpreter");
    }
    return parts.subList(first, parts.size());
  }

  /** Removes only spaces and tabs, as Linux does. A carriage return belongs to the name. */
  private static String trim(String line) {
    return line.replaceAll("^[ \t]+|[ \t]+$", "");
  }

  private static boolean isText(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    return text.chars().allMatch(c -> c >= ' ' || c == '\n' || c == '\t' || c == '\r');
  }
}
