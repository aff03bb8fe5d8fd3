package io.hyperlight.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.FileTree;
import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.testing.CProgram;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.Seeds;
import io.hyperlight.testing.SourceFile;
import io.hyperlight.testing.TemporaryFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The same C code works with files in a sandbox and natively. In the sandbox it uses a tree in
 * memory, natively a directory of the host. Every result and every error number must be the same.
 */
@NotInHardwareLane("Runs the compiler.")
@Tag("slow")
class FileCallsTest {
  private static final long MEMORY_BYTES = 96 << 20;

  /**
   * The code that both programs share. {@code R} prints what a call returned, or its error number.
   */
  private static final String COMMON = SourceFile.of(FileCallsTest.class, "files/common.h.c");

  private static final String GUEST_END =
      """

      #include <hyperlight.h>
      HL_EXPORT(hl_string, files)
      hl_string files(void)
      {
          umask(022);
          if (chdir("/data") != 0) {
              tell("no directory: %d", errno);
          } else {
              run();
          }
          return hl_from_cstring(told);
      }
      """;

  private static final String NATIVE_END =
      """

      int main(int count, char **arguments)
      {
          umask(022);
          if (chdir(arguments[1]) != 0) {
              return 1;
          }
          if (getuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) {
              return 2;
          }
          run();
          fputs(told, stdout);
          return 0;
      }
      """;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "opening",
        "removed",
        "unnamed",
        "special",
        "sparse",
        "splicing",
        "room",
        "transfers",
        "seeking",
        "directories",
        "renaming",
        "links",
        "attributes",
        "descriptors",
        "pipes",
        "polling",
        "events",
        "epolls",
        "sockets",
        "signalfds",
        "mapping",
        "permissions"
      })
  void filesAreWhatTheyAreOnLinux(String what) throws IOException {
    assertSameAsNative("files/" + what + ".c");
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void whateverIsDoneWithFilesHasTheResultsThatItHasOnLinux(long seed) throws IOException {
    assertSame(
        "#define SEED "
            + seed
            + "\n"
            + COMMON
            + SourceFile.of(FileCallsTest.class, "files/random.c"));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void whateverIsWaitedForIsReadyWhenItIsOnLinux(long seed) throws IOException {
    assertSame(
        "#define SEED "
            + seed
            + "\n"
            + COMMON
            + SourceFile.of(FileCallsTest.class, "files/waiting_random.c"));
  }

  static LongStream seeds() {
    return Seeds.all();
  }

  /** Runs the code of a file both ways. */
  static void assertSameAsNative(String file) throws IOException {
    assertSame(COMMON + SourceFile.of(FileCallsTest.class, file));
  }

  private static void assertSame(String source) throws IOException {
    List<String> expected = natively(source);
    List<String> found = inSandbox(source);
    assertThat(found).hasSizeGreaterThan(10);
    assertThat(differences(expected, found)).isEmpty();
  }

  private static List<String> differences(List<String> expected, List<String> found) {
    List<String> differences = new ArrayList<>();
    for (int i = 0; i < Math.max(expected.size(), found.size()); i++) {
      String wanted = i < expected.size() ? expected.get(i) : "(end)";
      String is = i < found.size() ? found.get(i) : "(end)";
      if (!wanted.equals(is)) {
        differences.add(wanted + " IS NOT " + is);
      }
    }
    return differences;
  }

  private static List<String> natively(String source) throws IOException {
    // In a tmpfs, where holes and free space are as in a tree in memory.
    Path memory = Path.of("/dev/shm");
    Path folder =
        Files.isWritable(memory)
            ? Files.createTempDirectory(memory, "files")
            : TemporaryFolder.create("files");
    try {
      return natively(source, folder);
    } finally {
      removeAll(folder);
    }
  }

  private static void removeAll(Path folder) throws IOException {
    Command.run("chmod", "-R", "u+rwx", folder.toString());
    Command.run("rm", "-rf", folder.toString()).outputOfSuccess();
  }

  private static List<String> natively(String source, Path folder) throws IOException {
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
    // The directories above may be closed to other users. So may the one with the program.
    return lines(
        CProgram.run(
                source + NATIVE_END,
                List.of("-Wno-all", "-Wno-extra", "-O1"),
                List.of(folder.toString()))
            .outputOfSuccess());
  }

  private static List<String> inSandbox(String source) {
    Guest guest = CompiledGuest.withLibc(source + GUEST_END, "-w");
    try (Sandbox sandbox =
        Sandbox.builder(guest)
            .memorySize(MEMORY_BYTES)
            .mount("/data", FileTree.memory(64 << 20))
            .build()) {
      return lines(sandbox.call("files", String.class));
    }
  }

  private static List<String> lines(String text) {
    return Arrays.asList(text.split("\n"));
  }
}
