package io.hyperlight.cli;

import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Reports a wrong command line in a few lines, without the whole manual. */
final class UsageErrors {
  private UsageErrors() {}

  static int report(ParameterException e, String[] words) {
    CommandLine command = e.getCommandLine();
    PrintWriter err = command.getErr();
    String name = command.getCommandSpec().qualifiedName();
    err.println("hyperlight: " + message(e));
    err.println("Usage: " + name + " " + shape(command));
    err.println("Try: " + name + " --help");
    err.flush();
    return command.getCommandName().equals("run") ? ExitStatus.RUN_FAILED : ExitStatus.USAGE;
  }

  /** Returns the form of a command line, without the names of all options. */
  private static String shape(CommandLine command) {
    StringBuilder shape = new StringBuilder("[OPTIONS]");
    if (!command.getSubcommands().isEmpty()) {
      return shape.append(" COMMAND ...").toString();
    }
    for (PositionalParamSpec parameter : command.getCommandSpec().positionalParameters()) {
      boolean isOptional = parameter.arity().min() == 0;
      shape.append(isOptional ? " [" : " ").append(parameter.paramLabel());
      shape.append(isOptional ? "...]" : "");
    }
    return shape.toString();
  }

  private static String message(ParameterException e) {
    if (!(e instanceof UnmatchedArgumentException unmatched)) {
      return String.valueOf(e.getMessage()).replace("option option", "option"); // picocli's text
    }
    String word = unmatched.getUnmatched().getFirst();
    boolean isOption = word.startsWith("-");
    boolean hasCommands = !e.getCommandLine().getSubcommands().isEmpty();
    String what =
        isOption ? "unknown option" : hasCommands ? "unknown command" : "one word too many:";
    List<String> similar = unmatched.getSuggestions();
    return "%s '%s'%s"
        .formatted(
            what, word, similar.isEmpty() ? "" : "; did you mean " + similar.getFirst() + "?");
  }
}
