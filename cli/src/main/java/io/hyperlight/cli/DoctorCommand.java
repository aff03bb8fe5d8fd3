package io.hyperlight.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.hyperlight.Diagnosis;
import io.hyperlight.LinuxText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "doctor",
    description = {
      "Says whether this machine can run sandboxes, how to fix what is missing, and for how many",
      "sandboxes there is room."
    },
    mixinStandardHelpOptions = true)
final class DoctorCommand implements Callable<Integer> {
  /** A program that the build or the tests need. Sandboxes do not need it. */
  private record Tool(String name, String purpose, String cure) {
    boolean isThere() {
      return Stream.of(HostText.variable("PATH").split(":"))
          .anyMatch(folder -> Files.isExecutable(LinuxText.path(folder + "/" + name)));
    }
  }

  private static final List<Tool> TOOLS =
      List.of(
          new Tool("gcc", "compiles C guests", "apt-get install gcc libc6-dev"),
          new Tool(
              "cargo",
              "compiles Rust guests, and tests need it",
              "install Rust 1.85 or newer (Debian 12: apt-get install rustc-web cargo-web, later:"
                  + " apt-get install cargo)"),
          new Tool("mvn", "builds this project", "apt-get install maven"),
          new Tool("strace", "one test counts system calls with it", "apt-get install strace"));

  @Option(
      names = "--self-test",
      description = "Also try on this machine's KVM what sandboxes rely on.")
  private boolean selfTest;

  @Option(names = "--json", description = "Print JSON, for programs.")
  private boolean json;

  @Override
  public Integer call() {
    Diagnosis diagnosis = selfTest ? Diagnosis.selfTest() : Diagnosis.run();
    List<HostCapacity.Fact> facts = new HostCapacity(Path.of("/")).facts();
    if (json) {
      Json.print(out -> write(out, diagnosis, facts));
    } else {
      print(diagnosis, facts);
    }
    return diagnosis.passed() ? 0 : ExitStatus.UNAVAILABLE;
  }

  private static void write(JsonGenerator json, Diagnosis diagnosis, List<HostCapacity.Fact> facts)
      throws IOException {
    json.writeBooleanField("able", diagnosis.passed());
    json.writeArrayFieldStart("checks");
    for (Diagnosis.Check check : diagnosis.checks()) {
      json.writeStartObject();
      json.writeStringField("subject", check.subject());
      json.writeBooleanField("passed", check.passed());
      json.writeStringField("detail", check.detail());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeArrayFieldStart("capacity");
    for (HostCapacity.Fact fact : facts) {
      json.writeStartObject();
      json.writeStringField("subject", fact.subject());
      json.writeStringField("value", fact.value());
      json.writeStringField("meaning", fact.meaning());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeArrayFieldStart("tools");
    for (Tool tool : TOOLS) {
      json.writeStartObject();
      json.writeStringField("name", tool.name());
      json.writeBooleanField("found", tool.isThere());
      json.writeStringField("purpose", tool.purpose());
      json.writeStringField("install", tool.cure());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void print(Diagnosis diagnosis, List<HostCapacity.Fact> facts) {
    for (Diagnosis.Check check : diagnosis.checks()) {
      print(check.passed() ? "ok" : "FAILED", check.subject(), check.detail());
    }
    for (HostCapacity.Fact fact : facts) {
      print("has", fact.subject(), fact.value() + "; " + fact.meaning());
    }
    for (Tool tool : TOOLS) {
      boolean found = tool.isThere();
      print(
          found ? "ok" : "absent",
          tool.name(),
          found ? tool.purpose() : tool.purpose() + ": " + tool.cure());
    }
    System.out.println();
    System.out.println(
        diagnosis.passed()
            ? "This machine can run sandboxes."
            : "This machine cannot run sandboxes yet.");
  }

  private static void print(String verdict, String subject, String detail) {
    String line =
        detail.isEmpty()
            ? "%-7s %s".formatted(verdict, subject)
            : "%-7s %s: %s".formatted(verdict, subject, detail);
    System.out.println(line);
  }
}
