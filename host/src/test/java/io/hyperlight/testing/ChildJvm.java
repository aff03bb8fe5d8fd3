package io.hyperlight.testing;

import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Another JVM that runs a class of the tests. */
public final class ChildJvm {
  private ChildJvm() {}

  /**
   * The command line that runs a class with the library on the class path.
   *
   * @param main has a {@code main} method
   * @param options for the JVM
   */
  public static List<String> commandLine(Class<?> main, List<String> options) {
    List<String> command = new ArrayList<>(List.of(java()));
    command.addAll(options);
    command.addAll(List.of("-cp", folderOf(main) + ":" + library(), main.getName()));
    return command;
  }

  /** The same, with a single carrier for all virtual threads. */
  public static List<String> commandLineWithOneCarrier(Class<?> main) {
    return commandLine(
        main,
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "-Djdk.virtualThreadScheduler.parallelism=1",
            "-Djdk.virtualThreadScheduler.maxPoolSize=1"));
  }

  /**
   * As {@link #commandLine}, but with the library as the module {@code hyperlight}, and the class
   * within it.
   */
  public static List<String> moduleCommandLine(Class<?> main, List<String> options) {
    List<String> command = new ArrayList<>(List.of(java()));
    command.addAll(options);
    command.addAll(
        List.of(
            "--module-path",
            library().toString(),
            "--patch-module",
            "hyperlight=" + folderOf(main),
            "--module",
            "hyperlight/" + main.getName()));
    return command;
  }

  private static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  private static Path library() {
    return folderOf(io.hyperlight.Sandbox.class);
  }

  /**
   * Returns the folder or jar that contains a class file. The code source does not name it for a
   * class that patches a module.
   */
  private static Path folderOf(Class<?> type) {
    String file = "/" + type.getName().replace('.', '/') + ".class";
    String url = Objects.requireNonNull(type.getResource(file)).toString();
    String place = url.substring(0, url.length() - file.length());
    // For a jar: jar:file:/its/path!
    return Path.of(URI.create(place.replaceFirst("^jar:(.*)!$", "$1")));
  }
}
