package io.hyperlight.cli;

import io.hyperlight.GuestFaultException;
import io.hyperlight.HyperlightException;
import io.hyperlight.HypervisorUnavailableException;
import io.hyperlight.sdk.GuestCompilationException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParseResult;

/**
 * The command line. Exit status: 0 success, 1 it failed, 2 wrong usage, 69 this machine cannot run
 * sandboxes; that of the program, if it runs one.
 */
@Command(
    name = "hyperlight",
    description = "Runs functions nobody trusts, each in a micro-VM of its own.",
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
      DoctorCommand.class
    },
    footer = {"", "./hyperlight bench, in the source tree, measures all this against bare KVM."})
final class Main {
  static final int FAILED = 1;

  /** EX_UNAVAILABLE of sysexits.h. */
  static final int UNAVAILABLE = 69;

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
            // @FILE is for us to read; picocli would take the file's words as arguments.
            .setExpandAtFiles(false)
            .setExecutionExceptionHandler(Main::report);
    // What follows the guest belongs to the guest, also if it looks like an option.
    for (String command : List.of("call", "run")) {
      Objects.requireNonNull(commandLine.getSubcommands().get(command)).setStopAtPositional(true);
    }
    // Those of gcc are the command's to sort out, in the order they are given in.
    Objects.requireNonNull(commandLine.getSubcommands().get("cc"))
        .setUnmatchedOptionsArePositionalParams(true);
    return commandLine;
  }

  /** What the user did or has gets one line; only what must not happen gets a stack trace. */
  private static int report(Exception e, CommandLine commandLine, ParseResult parsed)
      throws Exception {
    if (!(e instanceof HyperlightException
        || e instanceof GuestCompilationException
        || e instanceof UncheckedIOException
        || e instanceof UserException)) {
      throw e;
    }
    PrintWriter err = commandLine.getErr();
    err.println("hyperlight: " + e.getMessage());
    if (e instanceof GuestFaultException fault) {
      printRegisters(fault.registers(), err);
    }
    err.flush();
    return e instanceof HypervisorUnavailableException ? UNAVAILABLE : FAILED;
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
    System.exit(commandLine().execute(arguments));
  }
}
