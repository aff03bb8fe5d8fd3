package io.hyperlight.cli;

import io.hyperlight.examples.Walkthrough;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(
    name = "demo",
    description = "Runs the walk-through: a C function called in its own micro-VM.",
    mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {
  @Override
  public Integer call() {
    Walkthrough.run(System.out);
    return 0;
  }
}
