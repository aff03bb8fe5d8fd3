package io.hyperlight.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.internal.machine.MachineState;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.NotInHardwareLane;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Lets every allocation of the library fail, in everything that opens or maps something: {@link
 * FaultScenarios}. Nothing is left behind, and nothing else is disturbed.
 */
@NotInHardwareLane("What fails are allocations of the host, which are the same there.")
@Tag("slow")
class HeapErrorsTest {
  /** There are more. A loader that has changed nothing would find none. */
  private static final int FEWEST_PLACES = 1_000;

  @TempDir private Path folder;

  @Test
  void anAllocationThatFailsLeavesNothingBehindAndDisturbsNobody() throws IOException {
    List<String> command =
        FaultGuest.commandLine(
            HeapErrorScenarios.class,
            List.of(
                "-D" + FaultScenarios.HEAP_PROPERTY + "=true",
                "-Dhyperlight.test.heap.spread="
                    + Integer.getInteger("hyperlight.test.heap.spread", 12)),
            folder.resolve("heap"));

    String said = Command.run(command).outputOfSuccess();

    assertThat(said)
        .contains("\nproblems: \n", "\nmistakes: []\n")
        .contains(
            MachineState.keepsSelectors()
                ? "\nheld: 0 0 [open]\n" // /dev/kvm
                : "\nheld: 0 0 [open, mmap of 4096]\n"); // and the code that runs guests
    int places = Integer.parseInt(said.replaceAll("(?s).*\nplaces: (\\d+)\n.*", "$1"));
    assertThat(places).isGreaterThan(FEWEST_PLACES);
  }
}
