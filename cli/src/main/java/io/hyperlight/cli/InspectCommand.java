package io.hyperlight.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.hyperlight.SnapshotFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "inspect",
    description = "Says what is in a snapshot file, without loading it.",
    mixinStandardHelpOptions = true)
final class InspectCommand implements Callable<Integer> {
  @Option(names = "--json", description = "Print JSON, for programs.")
  private boolean json;

  @Parameters(paramLabel = "SNAPSHOT", description = "A file that the snapshot command wrote.")
  private Path path = Path.of("");

  @Override
  public Integer call() {
    SnapshotFile file = SnapshotFile.inspect(path);
    if (json) {
      Json.print(out -> write(out, file));
    } else {
      print(file);
    }
    return file.intact() ? 0 : ExitStatus.FAILED;
  }

  private static void write(JsonGenerator json, SnapshotFile file) throws IOException {
    json.writeNumberField("formatVersion", file.formatVersion());
    json.writeStringField("libraryVersion", file.libraryVersion());
    json.writeStringField("guest", file.guest().name());
    json.writeNumberField("guestAbiVersion", file.guestAbiVersion());
    json.writeNumberField("memoryBytes", file.memorySize());
    json.writeNumberField("stackBytes", file.stackSize());
    json.writeNumberField("contentBytes", file.contentSize());
    json.writeArrayFieldStart("processorFeatures");
    for (String feature : file.processorFeatures()) {
      json.writeString(feature);
    }
    json.writeEndArray();
    json.writeBooleanField("intact", file.intact());
    json.writeArrayFieldStart("mappings");
    for (SnapshotFile.Mapping mapping : file.mappings()) {
      json.writeStartObject();
      json.writeNumberField("start", mapping.start());
      json.writeNumberField("end", mapping.end());
      json.writeStringField("rights", mapping.rights());
      json.writeEndObject();
    }
    json.writeEndArray();
    Json.writeFunctions(json, file.guest());
  }

  private static void print(SnapshotFile file) {
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
  }

  private static void print(String what, String text) {
    System.out.println("%-10s%s".formatted(what, text));
  }
}
