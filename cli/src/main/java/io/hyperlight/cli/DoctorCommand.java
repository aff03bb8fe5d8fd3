package io.hyperlight.cli;

import io.hyperlight.Diagnosis;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "doctor",
    description = "Says whether this machine can run sandboxes, and how to mend what is missing.",
    mixinStandardHelpOptions = true)
final class DoctorCommand implements Callable<Integer> {
  @Option(
      names = "--self-test",
      description = "Also try on this machine's KVM what sandboxes rely on.")
  private boolean selfTest;

  @Override
  public Integer call() {
    Diagnosis diagnosis = selfTest ? Diagnosis.selfTest() : Diagnosis.run();
    for (Diagnosis.Check check : diagnosis.checks()) {
      print(check.passed() ? "ok" : "FAILED", check.subject(), check.detail());
    }
    tool("gcc", "compiles C guests", "apt-get install gcc libc6-dev");
    tool(
        "cargo",
        "compiles Rust guests, and tests need it",
        "install Rust 1.85 or newer (Debian 12: apt-get install rustc-web cargo-web, later:"
            + " apt-get install cargo)");
    tool("mvn", "builds this project", "apt-get install maven");
    tool("strace", "one test counts system calls with it", "apt-get install strace");
    System.out.println();
    System.out.println(
        diagnosis.passed()
            ? "This machine can run sandboxes."
            : "This machine cannot run sandboxes yet.");
    return diagnosis.passed() ? 0 : Main.UNAVAILABLE;
  }

  private static void tool(String name, String purpose, String cure) {
    boolean found =
        Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
            .anyMatch(directory -> Files.isExecutable(Path.of(directory, name)));
    print(found ? "ok" : "absent", name, found ? purpose : purpose + ": " + cure);
  }

  private static void print(String verdict, String subject, String detail) {
    String line =
        detail.isEmpty()
            ? "%-7s %s".formatted(verdict, subject)
            : "%-7s %s: %s".formatted(verdict, subject, detail);
    System.out.println(line);
  }
}
