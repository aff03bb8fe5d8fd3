package io.hyperlight.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.hyperlight.Sandbox;
import io.hyperlight.testing.CProgram;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.SourceFile;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A program's trace in a sandbox equals its trace by strace. */
class StraceComparisonTest {
  /** The number of a process that no kernel has. It marks where the traces begin and end. */
  private static final int NO_PROCESS = 1 << 30;

  private static final String PROGRAM =
      SourceFile.of(StraceComparisonTest.class, "strace.c")
          .replace("NO_PROCESS", Integer.toString(NO_PROCESS));

  private static final String GUEST =
      """
      #include <hyperlight.h>
      HL_EXPORT(void, make_calls)
      void make_calls(void) { calls(); }
      """;

  /** Calls whose answers differ between a sandbox and this machine. */
  private static final List<String> OTHERWISE_ANSWERED = List.of("execve(", "openat2(", "socket(");

  private static final Pattern ADDRESS = Pattern.compile("0x[0-9a-f]{5,}");

  @Test
  @NotInHardwareLane("Needs a compiler and strace, and says nothing about the processor.")
  void aGuestsTraceIsThatOfStrace(@TempDir Path folder) throws IOException {
    assumeTracingWorks(folder);
    assertThat(comparable(traceOfGuest())).isEqualTo(comparable(traceByStrace(folder)));
  }

  private static void assumeTracingWorks(Path folder) {
    String reason = "needs strace (apt-get install strace) and the permission to trace: ";
    try {
      Command.Result result =
          Command.run("strace", "-o", folder.resolve("probe").toString(), "true");
      assumeTrue(result.status() == 0, () -> reason + result.errors());
    } catch (UncheckedIOException e) {
      assumeTrue(false, () -> reason + e.getMessage());
    }
  }

  private static List<String> traceByStrace(Path folder) throws IOException {
    Path trace = folder.resolve("trace");
    Path program =
        CProgram.compile(
            PROGRAM + "int main(void) { calls(); }\n",
            List.of("-static", "-Wno-nonnull", "-Wno-stringop-overread"));
    Command.run("strace", "-s", "64", "-o", trace.toString(), program.toString()).outputOfSuccess();
    return Files.readAllLines(trace);
  }

  private static List<String> traceOfGuest() {
    List<String> lines = new ArrayList<>();
    try (Sandbox sandbox =
        Sandbox.builder(
                CompiledGuest.withLibc(PROGRAM + GUEST, "-Wno-nonnull", "-Wno-stringop-overread"))
            .hostPrint(new PrintStream(PrintStream.nullOutputStream()))
            .systemCallListener(call -> lines.add(call.text()))
            .build()) {
      sandbox.call("make_calls", void.class);
    }
    return lines;
  }

  /** Returns the lines between the markers, without what differs from machine to machine. */
  private static List<String> comparable(List<String> lines) {
    List<String> all =
        lines.stream().map(line -> line.replaceAll("\\) +=", ") =")).collect(Collectors.toList());
    String marker = "getpgid(" + NO_PROCESS + ") = -1 ESRCH (No such process)";
    int first = all.indexOf(marker);
    int last = all.lastIndexOf(marker);
    assertThat(first).isNotNegative().isLessThan(last);
    return all.subList(first, last).stream().map(StraceComparisonTest::normalised).toList();
  }

  private static String normalised(String line) {
    String text = ADDRESS.matcher(line).replaceAll((MatchResult _) -> "ADDRESS");
    return OTHERWISE_ANSWERED.stream().anyMatch(text::startsWith)
        ? text.substring(0, text.lastIndexOf(" = "))
        : text;
  }
}
