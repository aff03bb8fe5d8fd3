package io.hyperlight.containment;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Program;
import io.hyperlight.ProgramResult;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.testing.CProgram;
import io.hyperlight.testing.ChildJvm;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.SourceFile;
import io.hyperlight.value.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the host holds on its heap for a guest is limited, whatever the guest accumulates. */
@NotInHardwareLane("The heap is the host's, which is the same there.")
@Tag("slow")
class HeapLimitTest {
  private static final long MIB = 1 << 20;

  /** What a tree of 8 MiB takes, and what no limit counts. */
  private static final long SLACK = 16 * MIB;

  private static final Map<String, Long> ERRNOS =
      Map.of(
          "ENOMEM",
          (long) Errno.ENOMEM,
          "EMFILE",
          (long) Errno.EMFILE,
          "EAGAIN",
          (long) Errno.EAGAIN);

  @TempDir private static Path folder;

  private static Path program = Path.of("");

  @BeforeAll
  static void prepare() throws IOException {
    program =
        CProgram.compile(
            SourceFile.of(HeapLimitTest.class, "held.c"), List.of("-O1", "-static", "-w"));
    for (int i = 0; i < 10_000; i++) {
      Files.createFile(folder.resolve("a".repeat(200) + i));
    }
  }

  private static String run(String kind) {
    List<String> command =
        new ArrayList<>(
            ChildJvm.commandLine(
                HeldHeap.class,
                List.of("--enable-native-access=ALL-UNNAMED", "-Xmx64m", "-XX:+UseSerialGC")));
    command.addAll(List.of(program.toString(), kind, folder.toString()));
    String output = Command.run(command).outputOfSuccess();
    assertThat(output).contains("other: 0").contains("status: 0");
    return output;
  }

  private static long number(String output, String pattern) {
    Matcher found = Pattern.compile(pattern).matcher(output);
    assertThat(found.find()).as(output).isTrue();
    return Long.parseLong(found.group(1));
  }

  @ParameterizedTest
  @CsvSource({
    "listings-of-the-host, 3, ENOMEM",
    "listings-of-memory, 200, EMFILE",
    "maps, 200, EMFILE",
    "smaps, 200, EMFILE",
    "pipes, 100, EMFILE",
    "deep-descriptors, 20, ENOMEM",
    "deep-mappings, 20, ENOMEM",
    "signals, 1000, EAGAIN",
  })
  void holdsNoMoreThanItMayWhateverTheKind(String kind, long least, String errno) {
    String output = run(kind);
    assertThat(number(output, "(\\d+) made")).isGreaterThanOrEqualTo(least);
    assertThat(number(output, "errno (\\d+)")).isEqualTo(ERRNOS.get(errno));
    assertThat(number(output, "held: (-?\\d+)")).isLessThan(Limits.DEFAULT.heapBytes() + SLACK);
  }

  @Test
  void pathsOfFilesAreAStreamThatNobodyHasToHold() {
    String output = run("long-paths");
    // Each has 4,000 bytes: more than the heap holds.
    assertThat(number(output, "paths: (\\d+)")).isGreaterThan(20_000);
  }

  @Test
  void withoutAnyHeapAProgramStillRunsAndOpensNothing() {
    ProgramResult result =
        Program.of(program)
            .args("maps")
            .limits(Limits.DEFAULT.withHeapBytes(0))
            .stdin(new byte[0])
            .run();
    assertThat(result.outputText()).isEqualTo("0 made, then errno " + Errno.ENOMEM + "\n");
  }
}
