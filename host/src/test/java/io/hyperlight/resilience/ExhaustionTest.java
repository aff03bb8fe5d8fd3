package io.hyperlight.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Sandbox;
import io.hyperlight.testing.ChildJvm;
import io.hyperlight.testing.ClassFolder;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.NotInHardwareLane;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A host that has run out of a resource reports it, makes no half sandbox, and keeps its other
 * sandboxes working: {@link ExhaustedHost}.
 */
@NotInHardwareLane("What runs out is the host's, which is the same there.")
@Tag("slow")
class ExhaustionTest {
  private static final String GUEST =
      """
      #include <hyperlight.h>

      HL_EXPORT(int, add, int, int)
      int add(int a, int b) { return a + b; }
      """;

  @TempDir private static Path folder;

  /** As users have it: a folder needs a descriptor for each class that is loaded. */
  @BeforeAll
  static void packTheClasses() {
    String tests = ClassFolder.of(ExhaustedHost.class).toString();
    List<String> command =
        new ArrayList<>(List.of("--create", "--no-compress", "--file", jar().toString()));
    command.addAll(List.of("-C", ClassFolder.of(Sandbox.class).toString(), "io"));
    for (String name :
        List.of(
            "testing", "resilience/ExhaustedHost.class", "resilience/ExhaustedHost$Hog.class")) {
      command.addAll(List.of("-C", tests, "io/hyperlight/" + name));
    }
    int status =
        ToolProvider.findFirst("jar")
            .orElseThrow()
            .run(System.out, System.err, command.toArray(String[]::new));
    assertThat(status).isZero();
  }

  private static Path jar() {
    return folder.resolve("classes.jar");
  }

  private static Map<String, String> run(String what, String... options) {
    List<String> command =
        ChildJvm.commandLine(
            ExhaustedHost.class,
            Stream.concat(
                    Stream.of(
                        "--enable-native-access=ALL-UNNAMED",
                        // The JVM's messages about threads would be mixed with those of the
                        // host.
                        "-Xlog:disable",
                        "-Xlog:all=warning:stderr"),
                    Stream.of(options))
                .toList());
    command.set(command.indexOf("-cp") + 1, jar().toString());
    command.addAll(List.of(CompiledGuest.fileOf(GUEST).toString(), what));
    return Command.run(command).valuesOfSuccess();
  }

  @ParameterizedTest
  @CsvSource({
    "descriptors, EMFILE (Too many open files), 'build,spawn,snapshot'",
    "address-space, mmap(1082130432 bytes) failed: ENOMEM (Cannot allocate memory), 'build,spawn'",
    "data, mmap(1082130432 bytes) failed: ENOMEM (Cannot allocate memory), 'build,spawn'"
  })
  void isToldByAnExceptionAndSandboxesThatAreThereGoOn(String what, String message, String makers) {
    Map<String, String> said = run(what, "-Xmx64m");
    for (String maker : makers.split(",", -1)) {
      String name = what + "-" + maker;
      for (String time : List.of("", " again")) {
        assertThat(said.get(name + time))
            .startsWith("HypervisorException: cannot ")
            .contains(message);
        assertThat(said.get(name + " earlier" + time)).isEqualTo("all answer");
      }
      assertThat(said.get(name + " count")).isEqualTo("the same");
      assertThat(said.get(name + " left")).isEqualTo("nothing");
    }
  }

  @Test
  void aFullHeapLeavesNothingOfWhatWasNotMade() {
    Map<String, String> said = run("heap", "-Xmx16m", "-XX:+UseSerialGC");
    for (String name : List.of("heap-build", "heap-spawn")) {
      assertThat(said.get(name)).isEqualTo("failed");
      assertThat(said.get(name + " earlier")).isEqualTo("all answer");
      assertThat(said.get(name + " left")).isEqualTo("nothing");
    }
  }

  @Test
  void aThreadThatCannotBeStartedIsTheJvmsErrorAndPassesWithItsReason() {
    Map<String, String> said = run("threads", "-Xmx64m", "-Xss900m");
    String refusal = "OutOfMemoryError: unable to create native thread";
    assertThat(said.get("threads")).startsWith(refusal);
    assertThat(said.get("threads later")).startsWith("SandboxUnusableException");
    assertThat(said.get("threads restored")).isEqualTo("all answer");
    assertThat(said.get("threads pool")).startsWith(refusal);
    assertThat(said.get("threads at last")).isEqualTo("nothing");
    assertThat(said.get("threads pool at last")).isEqualTo("all answer");
    assertThat(said.get("threads left")).isEqualTo("nothing");
    assertThat(Objects.requireNonNull(said.get("virtual"))).isEqualTo("all answer");
  }
}
