package io.hyperlight.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Makes command lines for other JVMs with the class path of this one. */
final class Java {
  private Java() {}

  /** Returns the command that runs a class of this class path. */
  static List<String> command(Class<?> main, List<String> options, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(arguments);
    return command;
  }
}
