package io.hyperlight.cli;

import io.hyperlight.SnapshotFile;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
    name = "inspect",
    description = "Says what is in a snapshot file, without loading it.",
    mixinStandardHelpOptions = true)
final class InspectCommand implements Callable<Integer> {
  @Parameters(paramLabel = "SNAPSHOT", description = "A file that the snapshot command wrote.")
  private Path path = Path.of("");

  @Override
  public Integer call() {
    SnapshotFile file = SnapshotFile.inspect(path);
    print(
        "format",
        "version %d, written by hyperlight %s"
            .formatted(file.formatVersion(), file.libraryVersion()));
    print("guest", "%s, ABI version %d".formatted(file.guest().name(), file.guestAbiVersion()));
    print("memory", "%,d bytes, %,d of them stack".formatted(file.memorySize(), file.stackSize()));
    print("contents", "%,d bytes".formatted(file.contentSize()));
    print("processor", String.join(" ", file.processorFeatures()));
    print("digest", file.intact() ? "right" : "WRONG: the file is damaged");
    for (SnapshotFile.Mapping mapping : file.mappings()) {
      print("mapping", "%s 0x%x-0x%x".formatted(mapping.rights(), mapping.start(), mapping.end()));
    }
    file.guest().exports().forEach(function -> print("export", function.toString()));
    file.guest().imports().forEach(function -> print("import", function.toString()));
    return file.intact() ? 0 : Main.FAILED;
  }

  private static void print(String what, String text) {
    System.out.println("%-10s%s".formatted(what, text));
  }
}
