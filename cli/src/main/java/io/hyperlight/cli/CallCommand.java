package io.hyperlight.cli;

import io.hyperlight.Sandbox;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "call",
    description = "Calls one function of a guest in a new micro-VM and prints its result.",
    footer = {
      "",
      "Options come before the guest. Arguments are read as the function's declared types:",
      "numbers in decimal or 0x hexadecimal, true or false, text as it is, and @FILE for a",
      "file's contents as text or bytes (@@ for text that begins with @)."
    },
    mixinStandardHelpOptions = true)
final class CallCommand implements Callable<Integer> {
  @Mixin private SandboxOptions options = new SandboxOptions();

  @Option(names = "--raw", description = "Write a result of bytes as it is, not in hexadecimal.")
  private boolean raw;

  @Parameters(
      index = "0",
      paramLabel = "GUEST",
      description = "A guest program, or a snapshot of one.")
  private Path guest = Path.of("");

  @Parameters(index = "1", paramLabel = "FUNCTION", description = "One of its functions.")
  private String function = "";

  @Parameters(index = "2..*", paramLabel = "ARGUMENT", description = "The function's arguments.")
  private List<String> arguments = new ArrayList<>();

  @Mixin private FileOptions files = new FileOptions();

  @Override
  public Integer call() {
    try (Sandbox sandbox = options.open(guest, files)) {
      print(SandboxOptions.call(sandbox, function, arguments));
    }
    return 0;
  }

  private void print(@Nullable Object result) {
    if (result instanceof byte[] bytes) {
      if (raw) {
        System.out.writeBytes(bytes);
        System.out.flush();
      } else {
        System.out.println(HexFormat.of().formatHex(bytes));
      }
    } else if (result != null) {
      System.out.println(result);
    }
  }
}
