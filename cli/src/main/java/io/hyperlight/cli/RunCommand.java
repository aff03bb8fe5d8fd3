package io.hyperlight.cli;

import io.hyperlight.FileTree;
import io.hyperlight.LinuxText;
import io.hyperlight.Program;
import io.hyperlight.ProgramResult;
import io.hyperlight.SandboxSettings;
import io.hyperlight.error.GuestExitException;
import io.hyperlight.error.InvalidGuestException;
import io.hyperlight.value.Limits;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "run",
    description = {
      "Runs a Linux program in a new micro-VM, with this command's standard input and output."
    },
    footer = {
      "",
      "Options come before the program; what follows it is the program's. A program without a",
      "slash is looked for on the PATH; of a script, the interpreter of its #! line is run. It"
          + " sees",
      "no files but those that are mounted, which a dynamic program needs for its libraries:",
      "",
      "  hyperlight run --system python3 -c 'print(6 * 7)'",
      "  hyperlight run --system node server-side.js",
      "",
      "Exit status: the program's; 128 and the signal's number if a signal ended it; 124 if it"
          + " took",
      "too long; 125 if hyperlight failed or a limit was passed; 126 if it is no program that can",
      "be run; 127 if there is no such program."
    },
    mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {
  private static final Limits LIMITS = Limits.DEFAULT.withCallTimeout(Program.DEFAULT_RUN_TIMEOUT);

  private static final long DEFAULT_OUT_MIB = 1024;

  @Mixin private FileOptions files = new FileOptions();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = {
        "When the program has ended, write the files in its --scratch directories to DIR, each at",
        "its whole path there."
      })
  private @Nullable Path out;

  @Option(names = "--overwrite", description = "Let --out replace files that are there.")
  private boolean overwrite;

  @Option(
      names = "--out-limit",
      paramLabel = "MIB",
      description = "What --out writes at most; " + DEFAULT_OUT_MIB + " MiB by default.")
  private long outMib = DEFAULT_OUT_MIB;

  @Option(
      names = "--env",
      paramLabel = "NAME=VALUE",
      description = "A variable of the program's environment, which is empty otherwise.")
  private Map<String, String> environment = new LinkedHashMap<>();

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      converter = ByteSize.Converter.class,
      description =
          "The VM's memory, such as 512m or 2g; a number alone is in MiB; "
              + (Program.DEFAULT_MEMORY_SIZE >> 20)
              + " by default.")
  private @Nullable ByteSize memory;

  @Option(
      names = "--stack",
      paramLabel = "SIZE",
      converter = ByteSize.Converter.class,
      description =
          "The program's stack, such as 8m; a number alone is in KiB; "
              + (Program.DEFAULT_STACK_SIZE >> 10)
              + " by default.")
  private @Nullable ByteSize stack;

  @Option(
      names = "--processors",
      paramLabel = "N",
      description =
          "On how many processors threads of the program run at the same time, 1 to "
              + SandboxSettings.MAXIMUM_PROCESSORS
              + "; 1 by default.")
  private int processors = 1;

  @Option(
      names = "--allow-code-generation",
      description = {
        "Let the program make code and run it, as just-in-time compilers do.",
        "--system allows it as well."
      })
  private boolean allowCodeGeneration;

  @Option(
      names = "--no-code-generation",
      description = "Do not let the program make code, even with --system.")
  private boolean noCodeGeneration;

  @Mixin private LimitOptions limits = new LimitOptions();

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
    if (out != null && !files.hasScratch()) {
      throw new UserException("--out: the program cannot write files; give it --scratch GUEST");
    }
    if (outMib < 0 || outMib > Long.MAX_VALUE >> 20) {
      throw new UserException("--out-limit " + outMib + ": must be a number of MiB");
    }
    ProgramFinder.Found found = ProgramFinder.find(program, arguments);
    ProgramResult result;
    try {
      result = describe(found).run();
    } catch (InvalidGuestException e) {
      if (e.kind() != InvalidGuestException.Kind.FORMAT) {
        throw e;
      }
      throw UserException.notExecutable(e.getMessage() + advice());
    }
    explain(result);
    if (out != null) {
      new OutputFolder(out, outMib << 20, overwrite).write(result.files());
    }
    return result.status();
  }

  private String advice() {
    return files.hasSystem()
        ? ""
        : ". For a dynamic program of this machine: hyperlight run --system; a static one (gcc"
            + " -static) needs no files";
  }

  private Program describe(ProgramFinder.Found found) {
    Program description =
        Program.of(found.file())
            .args(found.arguments().toArray(String[]::new))
            .stdin(Console.guestInput())
            .hostPrint(Console.guestOutput())
            .hostError(Console.guestErrors())
            .limits(limits.limits(LIMITS));
    // Scripts come first, because the user's mounts lie above them and may hide them.
    for (Path script : found.scripts()) {
      new Mounts(LinuxText.of(script), FileTree.file(script)).addTo(description::mount);
    }
    files.mounts(found.arguments()).forEach(mount -> mount.addTo(description::mount));
    found.environment().forEach(description::environment);
    if (environment.keySet().stream().anyMatch(String::isEmpty)) {
      throw new UserException("--env: must be NAME=VALUE, and the name is missing");
    }
    environment.forEach(description::environment);
    if (memory != null) {
      description.memorySize(SandboxOptions.memoryBytes(memory));
    }
    if (stack != null) {
      description.stackSize(SandboxOptions.stackBytes(stack));
    }
    description.processors(SandboxOptions.requireProcessors(processors));
    if (!noCodeGeneration && (allowCodeGeneration || files.hasSystem())) {
      description.allowCodeGeneration();
    }
    if (trace) {
      description.systemCallListener(call -> System.err.println(call.text()));
    }
    return description;
  }

  /** Prints what the program itself cannot print: how it died, and its refused system calls. */
  private static void explain(ProgramResult result) {
    if (result.status() == Console.BROKEN_PIPE) {
      return; // A native program that SIGPIPE ends is silent, too.
    }
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
}
