package io.hyperlight.languages;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.FileTree;
import io.hyperlight.Program;
import io.hyperlight.ProgramResult;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.Differential;
import io.hyperlight.testing.Needs;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.SourceFile;
import io.hyperlight.testing.TemporaryFolder;
import io.hyperlight.testing.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * Each runtime finds the functions of the vDSO in its own way, and reads clocks without system
 * calls, if the host's kernel computes time from the processor's counter.
 */
@NotInHardwareLane("VdsoTest reads clocks there.")
class ClockReadsTest {
  private static final Path FOLDER = TemporaryFolder.create("clocks");
  private static final int READS = 100_000;

  private static void assertFewCalls(Program program) throws IOException {
    ProgramResult result = program.memorySize(1 << 30).allowCodeGeneration().run();
    assertThat(result.outputText())
        .as(result.failure().map(Throwable::getMessage).orElse(result.errorText()))
        .isEqualTo("end\n");
    Path source = Path.of("/sys/devices/system/clocksource/clocksource0/current_clocksource");
    if (Files.exists(source) && Files.readString(source).strip().equals("tsc")) {
      assertThat(result.usage().systemCalls()).isLessThan(READS / 10);
    } else {
      assertThat(result.usage().systemCalls()).isGreaterThan(READS);
    }
  }

  private static Program program(String file, String... arguments) {
    return new Differential(file, file).withLibraries().with(Path.of("/etc")).program(arguments);
  }

  @Test
  @Needs(Tool.PYTHON)
  void python() throws IOException {
    assertFewCalls(
        program(
            "/usr/bin/python3",
            "-c",
            """
            import time
            last = [0] * 4
            for i in range(25000):
                now = [time.time(), time.monotonic(), time.perf_counter(), time.time_ns()]
                if any(a > b for a, b in zip(last, now)): print("back", last, now)
                last = now
            print("end")
            """));
  }

  @Test
  @Needs(Tool.NODE)
  void node() throws IOException {
    assertFewCalls(
        program(
            "/usr/bin/node",
            "-e",
            """
            let last = [0, 0, 0n];
            for (let i = 0; i < 34000; i++) {
              const now = [Date.now(), performance.now(), process.hrtime.bigint()];
              if (now.some((time, j) => time < last[j])) console.log("back", last, now);
              last = now;
            }
            console.log("end");
            """));
  }

  @Test
  @Needs(Tool.GO)
  void go() throws IOException {
    Path source = FOLDER.resolve("clocks.go");
    Files.writeString(source, SourceFile.of(GoTest.class, "go/clocks.go.txt"));
    Path file = FOLDER.resolve("clocks");
    Command.run(
            "env",
            "CGO_ENABLED=0",
            "GOFLAGS=",
            "GOPROXY=off",
            "go",
            "build",
            "-o",
            file.toString(),
            source.toString())
        .outputOfSuccess();
    assertFewCalls(Program.of(file));
  }

  @Test
  void jvm() throws IOException {
    Path source = FOLDER.resolve("Clocks.java");
    Files.write(source, SourceFile.of(JvmTest.class, "java/Clocks.java").getBytes(UTF_8));
    Path home = Path.of(System.getProperty("java.home"));
    Command.run(home.resolve("bin/javac").toString(), "-d", FOLDER.toString(), source.toString())
        .outputOfSuccess();
    assertFewCalls(
        program(
                home.resolve("bin/java").toString(),
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-cp",
                FOLDER.toString(),
                "Clocks")
            .mount(home.toString(), FileTree.directory(home))
            .mount(FOLDER.toString(), FileTree.directory(FOLDER)));
  }
}
