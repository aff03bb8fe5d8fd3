package io.hyperlight.cli;

import io.hyperlight.GuestExitException;
import io.hyperlight.Program;
import io.hyperlight.ProgramResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "run",
    description = {
      "Runs a Linux program in a new micro-VM, with this command's standard input and output.",
      "The exit status is the program's."
    },
    footer = {
      "",
      "Options come before the program; what follows it is the program's. A program without a",
      "slash is looked for on the PATH. It sees no files but those that are mounted, which a",
      "dynamic program needs for its libraries:",
      "",
      "  hyperlight run --mount /usr:/usr --mount /lib:/lib --mount /lib64:/lib64 \\",
      "      python3 -c 'print(6 * 7)'"
    },
    mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {
  private static final long DEFAULT_SCRATCH_MIB = 64;

  @Option(
      names = "--mount",
      paramLabel = "HOST:GUEST[:ro]",
      description = {
        "A directory, file, or zip or jar archive of the host, and where the program sees it.",
        "Always read-only."
      })
  private List<String> mounts = new ArrayList<>();

  @Option(
      names = "--scratch",
      paramLabel = "GUEST[:MIB]",
      description = {
        "An empty directory in memory for the program to write to, with room for "
            + DEFAULT_SCRATCH_MIB
            + " MiB by default.",
        "It is gone afterwards."
      })
  private List<String> scratches = new ArrayList<>();

  @Option(
      names = "--env",
      paramLabel = "NAME=VALUE",
      description = "A variable of the program's environment, which is empty otherwise.")
  private Map<String, String> environment = new LinkedHashMap<>();

  @Option(
      names = "--memory",
      paramLabel = "MIB",
      description =
          "The VM's memory in MiB; " + (Program.DEFAULT_MEMORY_SIZE >> 20) + " by default.")
  private @Nullable Integer memoryMib;

  @Option(
      names = "--stack",
      paramLabel = "KIB",
      description =
          "The program's stack in KiB; " + (Program.DEFAULT_STACK_SIZE >> 10) + " by default.")
  private @Nullable Integer stackKib;

  @Option(
      names = "--allow-code-generation",
      description = "Let the program make code and run it, as just-in-time compilers do.")
  private boolean allowCodeGeneration;

  @Option(
      names = "--trace",
      description =
          "Tell on standard error of every system call that the program makes, as strace would.")
  private boolean trace;

  @Parameters(index = "0", paramLabel = "PROGRAM", description = "A Linux program.")
  private String program = "";

  @Parameters(index = "1..*", paramLabel = "ARGUMENT", description = "The program's arguments.")
  private List<String> arguments = new ArrayList<>();

  @Override
  public Integer call() {
    Program description =
        Program.of(find(program))
            .args(arguments.toArray(String[]::new))
            .stdin(System.in)
            .hostPrint(System.out)
            .hostError(System.err);
    mounts.forEach(mount -> Mounts.host(mount).addTo(description));
    scratches.forEach(mount -> Mounts.scratch(mount, DEFAULT_SCRATCH_MIB).addTo(description));
    environment.forEach(description::environment);
    if (memoryMib != null) {
      description.memorySize(SandboxOptions.memoryBytes(memoryMib));
    }
    if (stackKib != null) {
      description.stackSize(SandboxOptions.stackBytes(stackKib));
    }
    if (allowCodeGeneration) {
      description.allowCodeGeneration();
    }
    if (trace) {
      description.systemCallListener(call -> System.err.println(call.text()));
    }
    ProgramResult result = description.run();
    explain(result);
    return result.status();
  }

  /** What the program itself cannot have told: how it died, and what it was refused. */
  private static void explain(ProgramResult result) {
    result
        .failure()
        .filter(failure -> !(failure instanceof GuestExitException))
        .ifPresent(failure -> System.err.println("hyperlight: " + failure.getMessage()));
    if (result.status() != 0 && !result.refusedSystemCalls().isEmpty()) {
      System.err.println(
          "hyperlight: refused: "
              + result.refusedSystemCalls().entrySet().stream()
                  .map(call -> call.getKey() + " x " + call.getValue())
                  .collect(Collectors.joining(", ")));
    }
  }

  /** As a shell finds it. */
  private static Path find(String program) {
    if (program.indexOf('/') >= 0) {
      return Path.of(program);
    }
    for (String folder : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
      Path candidate = Path.of(folder.isEmpty() ? "." : folder, program);
      if (Files.isRegularFile(candidate) && Files.isExecutable(candidate)) {
        return candidate;
      }
    }
    throw new UserException(program + ": there is no such program on the PATH");
  }
}
