package io.hyperlight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Runs {@code hyperlight snapshot}, and other commands with the saved files. */
class SnapshotCommandTest extends CommandFixture {
  @Test
  void snapshotSavesAStartedGuestAndCallContinuesIt() {
    String file = folder.resolve("started.snap").toString();
    assertPrints("", "snapshot", guest, "-o", file);
    assertPrints("5\n", "call", file, "count_by", "5");
    out.reset();
    assertPrints("5\n", "call", file, "count_by", "5");
  }

  @Test
  void snapshotCallsAFunctionBefore() {
    String file = folder.resolve("warm.snap").toString();
    assertPrints("", "snapshot", guest, "-o", file, "--call", "count_by", "-40");
    assertPrints("-38\n", "call", file, "count_by", "2");
    String warmer = folder.resolve("warmer.snap").toString();
    out.reset();
    assertPrints("", "snapshot", file, "-o", warmer, "--call", "count_by", "50");
    assertPrints("11\n", "call", warmer, "count_by", "1");
  }

  @Test
  void snapshotNamesItsFileAfterTheGuest() {
    assertPrints("", "snapshot", guest);
    assertPrints("3\n", "call", guest + ".snap", "add", "1", "2");
  }

  @Test
  void callAnswersHostFunctionsOfASnapshotWithGivenValues() {
    String file = folder.resolve("host.snap").toString();
    assertPrints("", "snapshot", guest, "-o", file);
    assertPrints("hello\nhello you\n", "call", "--host", "name_of=you", file, "greet", "1");
    assertFails(ExitStatus.FAILED, "--host name_of=VALUE", "call", file, "greet", "1");
  }

  @Test
  void callGivesASnapshotNoOtherMemory() {
    String file = folder.resolve("memory.snap").toString();
    assertPrints("", "snapshot", "--memory", "8", guest, "-o", file);
    assertFails(
        ExitStatus.FAILED,
        "--memory, --stack: a snapshot",
        "call",
        "--memory",
        "16",
        file,
        "add",
        "1");
  }

  @Test
  void snapshotOfAGuestThatFailsLeavesNoFile() {
    Path file = folder.resolve("failed.snap");
    assertFails(
        128 + 4,
        "invalid instruction",
        "snapshot",
        guest,
        "-o",
        file.toString(),
        "--call",
        "crash");
    assertThat(file).doesNotExist();
  }

  @Test
  void inspectSaysWhatIsInASnapshot() {
    String file = folder.resolve("inspected.snap").toString();
    assertPrints("", "snapshot", guest, "-o", file);
    assertThat(run("inspect", file)).isZero();
    assertThat(out())
        .contains("format    version 1, written by hyperlight ")
        .contains("guest     " + guest + ", ABI version 1\n")
        .contains("memory    16,777,216 bytes, 262,144 of them stack\n")
        .contains("processor SSE3 ")
        .contains("digest    right\n")
        .contains("mapping   r-x 0x")
        .contains("export    int add(int, int)\n")
        .contains("import    hl_string name_of(int)\n");
  }

  @Test
  void inspectTellsDamageAndWhatIsNoSnapshot() throws IOException {
    Path file = folder.resolve("damaged.snap");
    assertPrints("", "snapshot", guest, "-o", file.toString());
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 1]++;
    Files.write(file, bytes);
    assertThat(run("inspect", file.toString())).isEqualTo(ExitStatus.FAILED);
    assertThat(out()).contains("digest    WRONG");
    assertFails(ExitStatus.FAILED, "digest", "call", file.toString(), "add", "1", "2");
    assertFails(ExitStatus.FAILED, "no snapshot", "inspect", guest);
    assertFails(ExitStatus.FAILED, "cannot read", "inspect", folder.resolve("none").toString());
  }

  @Test
  void functionsListsThoseOfASnapshot() {
    String file = folder.resolve("functions.snap").toString();
    assertPrints("", "snapshot", guest, "-o", file);
    assertThat(run("functions", file)).isZero();
    assertThat(out()).contains("export int add(int, int)\n");
  }
}
