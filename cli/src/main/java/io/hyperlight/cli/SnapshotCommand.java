package io.hyperlight.cli;

import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "snapshot",
    description = "Starts a guest, freezes it and saves it to a file that call can continue.",
    footer = {
      "",
      "The file holds all that the guest knows by then; only its owner can read it.",
      "--call comes last: what follows is the function and its arguments, which are",
      "read as the call command reads them."
    },
    mixinStandardHelpOptions = true)
final class SnapshotCommand implements Callable<Integer> {
  @Mixin private SandboxOptions options = new SandboxOptions();

  @Option(
      names = "-o",
      paramLabel = "OUTPUT",
      description = "The snapshot; by default the guest's name with .snap behind it.")
  private @Nullable Path output;

  @Option(
      names = "--call",
      arity = "1..*",
      paramLabel = "WORD",
      description = "A function to call before the guest is frozen, and its arguments.")
  private List<String> warmUp = new ArrayList<>();

  @Parameters(paramLabel = "GUEST", description = "A guest program, or a snapshot of one.")
  private Path guest = Path.of("");

  @Override
  public Integer call() {
    try (Sandbox sandbox = options.open(guest, new FileOptions())) {
      if (!warmUp.isEmpty()) {
        Object _ =
            SandboxOptions.call(sandbox, warmUp.getFirst(), warmUp.subList(1, warmUp.size()));
      }
      try (Snapshot snapshot = sandbox.snapshot()) {
        snapshot.save(output != null ? output : HostText.withSuffix(guest, ".snap"));
      }
    }
    return 0;
  }
}
