package io.hyperlight.cli;

import io.hyperlight.Guest;
import io.hyperlight.SnapshotFile;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
    name = "functions",
    description = "Lists the functions that a guest exports and imports, with their types.",
    mixinStandardHelpOptions = true)
final class FunctionsCommand implements Callable<Integer> {
  @Parameters(paramLabel = "GUEST", description = "A guest program, or a snapshot of one.")
  private Path guest = Path.of("");

  @Override
  public Integer call() {
    Guest loaded =
        SnapshotFile.isSnapshot(guest) ? SnapshotFile.inspect(guest).guest() : Guest.load(guest);
    loaded.exports().forEach(function -> System.out.println("export " + function));
    loaded.imports().forEach(function -> System.out.println("import " + function));
    return 0;
  }
}
