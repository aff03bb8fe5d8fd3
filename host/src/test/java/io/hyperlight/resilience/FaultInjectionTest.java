package io.hyperlight.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.internal.hypervisor.kvm.IoctlNames;
import io.hyperlight.internal.machine.MachineState;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.NotInHardwareLane;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Lets every native call of the library fail once, in everything that makes native calls: {@link
 * FaultScenarios}. A build tries each call with one error number, all calls from each one on with
 * another number, and every other call with EINTR. {@code -Dhyperlight.test.faults=true} tries each
 * call with every number.
 */
@NotInHardwareLane("What fails are calls of the host, which are the same there.")
@Tag("slow")
class FaultInjectionTest {
  private static final List<String> FUNCTIONS =
      List.of(
          "close",
          "fcntl",
          "fstat",
          "ftruncate",
          "getdents64",
          "madvise",
          "memfd_create",
          "mmap",
          "mprotect",
          "munmap",
          "open",
          "pread",
          "pthread_sigmask",
          "pwrite",
          "readlinkat",
          "sigaction",
          "tgkill");

  /** Calls that only tests make. */
  private static final List<String> OF_TESTS =
      List.of("KVM_GET_MSRS", "KVM_GET_REGS", "KVM_GET_XCRS", "KVM_SET_REGS");

  /**
   * Failures that need no report: guests get an error number, and kicks and unmapping are repeated.
   */
  private static final List<String> WITHOUT_EXCEPTION =
      List.of("close", "fstat", "getdents64", "munmap", "open", "pread", "readlinkat", "tgkill");

  @TempDir private Path folder;

  @Test
  void aCallThatFailsIsNamedLeavesNothingBehindAndDisturbsNobody() throws IOException {
    Map<String, String> byRing = run("ring");
    assertThat(byRing.values().stream().filter(said -> said.endsWith(" attempts"))).hasSize(25);
    Map<String, String> byLog = run("log", "spawn", "restore", "restore-large");
    for (Map<String, String> said : List.of(byRing, byLog)) {
      assertThat(said.get("problems")).isEqualTo("[]");
      assertThat(said.get("mistakes")).isEqualTo("[]");
      assertThat(said.get("held"))
          .isEqualTo(
              MachineState.keepsSelectors()
                  ? "0 0 [open]" // /dev/kvm
                  : "0 0 [open, mmap of 4096]"); // and the code that runs guests
      assertThat(WITHOUT_EXCEPTION).containsAll(list(said.get("tolerated")));
    }
    Set<String> failed = new TreeSet<>(list(byRing.get("failed")));
    failed.addAll(list(byLog.get("failed")));
    Set<String> all = new TreeSet<>(FUNCTIONS);
    all.addAll(IoctlNames.all());
    all.removeAll(OF_TESTS);
    assertThat(failed).isEqualTo(all);
  }

  private static List<String> list(@Nullable String printed) {
    return Arrays.stream(Objects.requireNonNull(printed).replaceAll("[\\[\\] ]", "").split(","))
        .filter(name -> !name.isEmpty())
        .toList();
  }

  private Map<String, String> run(String tracking, String... scenarios) throws IOException {
    List<String> command =
        FaultGuest.commandLine(
            FaultScenarios.class,
            List.of(
                "-Dhyperlight.dirtyTracking=" + tracking,
                "-Dhyperlight.test.faults="
                    + System.getProperty("hyperlight.test.faults", "false")),
            folder.resolve(tracking));
    command.addAll(List.of(scenarios));
    Map<String, String> said = new HashMap<>();
    for (String line : Command.run(command).outputOfSuccess().lines().toList()) {
      int colon = line.indexOf(": ");
      if (colon > 0) {
        said.merge(line.substring(0, colon), line.substring(colon + 2), String::concat);
      }
    }
    return said;
  }
}
