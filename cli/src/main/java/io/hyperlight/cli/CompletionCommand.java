package io.hyperlight.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "completion",
    description = "Prints a script that teaches a shell to complete this command.",
    footer = {
      "",
      "  bash:  source <(hyperlight completion bash)",
      "  zsh:   source <(hyperlight completion zsh)"
    },
    mixinStandardHelpOptions = true)
final class CompletionCommand implements Callable<Integer> {
  /** The supported shells. */
  enum Shell {
    bash,
    zsh
  }

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "SHELL", description = "One of: ${COMPLETION-CANDIDATES}.")
  private Shell shell = Shell.bash;

  @Override
  public Integer call() {
    CommandLine root = spec.root().commandLine();
    // Both shells get the same script. The script finds out which of them runs it.
    String script = AutoComplete.bash(root.getCommandName(), root);
    if (shell == Shell.zsh) {
      script = "autoload -U +X compinit && compinit\n" + script;
    }
    System.out.print(script);
    return 0;
  }
}
