package io.hyperlight.cli;

import io.hyperlight.Guest;
import io.hyperlight.SnapshotFile;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "functions",
    description = "Lists the functions that a guest exports and imports, with their types.",
    mixinStandardHelpOptions = true)
final class FunctionsCommand implements Callable<Integer> {
  @Option(names = "--json", description = "Print JSON, for programs.")
  private boolean json;

  @Parameters(paramLabel = "GUEST", description = "A guest program, or a snapshot of one.")
  private Path path = Path.of("");

  @Override
  public Integer call() {
    Guest guest =
        SnapshotFile.isSnapshot(path) ? SnapshotFile.inspect(path).guest() : Guest.load(path);
    if (json) {
      Json.print(out -> Json.writeFunctions(out, guest));
      return 0;
    }
    guest.exports().forEach(function -> System.out.println("export " + function));
    guest.imports().forEach(function -> System.out.println("import " + function));
    return 0;
  }
}
