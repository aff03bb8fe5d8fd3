package io.hyperlight.cli;

import io.hyperlight.LinuxText;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.HyperlightException;
import io.hyperlight.sdk.GuestCompilationException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParseResult;

/** Runs the command line. {@link ExitStatus} lists the exit statuses. */
@Command(
    name = "hyperlight",
    description = "Runs untrusted functions, each in a micro-VM of its own.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      DemoCommand.class,
      CcCommand.class,
      CallCommand.class,
      RunCommand.class,
      FunctionsCommand.class,
      SnapshotCommand.class,
      InspectCommand.class,
      DoctorCommand.class,
      CompletionCommand.class
    },
    footer = {
      "",
      "Exit status: 0; 1 if it failed; 2 for a wrong command line; 69 if this machine cannot run",
      "sandboxes; 124 if a guest took too long; 128 and a signal's number if a guest ended by one.",
      "For that of a program, see run --help.",
      "",
      "./hyperlight bench, in the source tree, measures all this against bare KVM."
    })
final class Main {
  /** The version that the build gave the library. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {
        "hyperlight " + Main.class.getModule().getDescriptor().rawVersion().orElse("(development)")
      };
    }
  }

  private Main() {}

  static CommandLine commandLine() {
    CommandLine commandLine =
        new CommandLine(new Main())
            // The commands read @FILE themselves. Picocli would take the file's words as arguments.
            .setExpandAtFiles(false)
            .setOut(new PrintWriter(System.out, true, StandardCharsets.UTF_8))
            .setErr(new PrintWriter(System.err, true, StandardCharsets.UTF_8))
            .registerConverter(Path.class, LinuxText::path)
            .setParameterExceptionHandler(UsageErrors::report)
            .setExecutionExceptionHandler(Main::report);
    // All words after the guest belong to the guest, even if they look like options.
    for (String command : List.of("call", "run")) {
      Objects.requireNonNull(commandLine.getSubcommands().get(command)).setStopAtPositional(true);
    }
    // CcCommand sorts out the options of gcc, and needs them in their order.
    Objects.requireNonNull(commandLine.getSubcommands().get("cc"))
        .setUnmatchedOptionsArePositionalParams(true);
    return commandLine;
  }

  /**
   * Reports a failure. Problems of the input or the machine get one line. Only a defect of this
   * project gets a stack trace.
   */
  private static int report(Exception e, CommandLine commandLine, ParseResult parsed) {
    PrintWriter err = commandLine.getErr();
    if (e instanceof HyperlightException
        || e instanceof GuestCompilationException
        || e instanceof UncheckedIOException
        || e instanceof UserException) {
      err.println("hyperlight: " + e.getMessage());
    } else {
      e.printStackTrace(err);
    }
    if (e instanceof GuestFaultException fault) {
      printRegisters(fault.location().registers(), err);
    }
    err.flush();
    return ExitStatus.of(e, commandLine.getCommandName().equals("run"));
  }

  private static void printRegisters(Map<String, Long> registers, PrintWriter err) {
    int column = 0;
    for (Map.Entry<String, Long> register : registers.entrySet()) {
      err.printf("  %-6s %016x", register.getKey(), register.getValue());
      if (++column % 4 == 0) {
        err.println();
      }
    }
    if (column % 4 != 0) {
      err.println();
    }
  }

  public static void main(String[] arguments) {
    Locale.setDefault(Locale.ROOT); // Messages are in English, and so are the numbers in them.
    Console.install();
    System.exit(Console.finish(commandLine().execute(HostText.arguments(arguments))));
  }
}
