package io.hyperlight.resilience;

import io.hyperlight.testing.ChildJvm;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.SnapshotGuest;
import io.hyperlight.testing.SourceFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Guests that make their host make every native call there is, for the injection of faults. */
final class FaultGuest {
  static final String FUNCTIONS =
      SnapshotGuest.PROGRAM + SourceFile.of(FaultGuest.class, "fault_functions.c");

  /**
   * Answers each line with itself. With an argument, prints that file or receives signals instead.
   */
  static final String PROGRAM = SourceFile.of(FaultGuest.class, "fault_program.c");

  private FaultGuest() {}

  /**
   * Returns the command that runs {@link FaultScenarios} with a main class, with the guests and
   * what is mounted.
   *
   * @param folder where to put these files
   * @return a modifiable list, to add the names of scenarios
   */
  static List<String> commandLine(Class<?> main, List<String> options, Path folder)
      throws IOException {
    Path data = Files.createDirectories(folder.resolve("data/sub")).resolveSibling("");
    Files.writeString(data.resolve("file"), "contents");
    Files.createSymbolicLink(data.resolve("link"), Path.of("file"));
    List<String> all = new ArrayList<>(List.of("--enable-native-access=ALL-UNNAMED"));
    all.addAll(options);
    List<String> command = new ArrayList<>(ChildJvm.commandLine(main, all));
    command.add(CompiledGuest.fileOf(FUNCTIONS).toString());
    command.add(CompiledGuest.program(PROGRAM).toString());
    command.add(data.toString());
    return command;
  }
}
