package io.hyperlight.containment;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.internal.machine.Dumped;
import io.hyperlight.testing.ChildJvm;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.ResetOracle;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Core dumps of the JVM contain nothing of guests, whatever state these are in. */
class CoreDumpTest {
  private static final String GUEST =
      """
      #include <hyperlight.h>
      HL_EXPORT(void, grow, uint64_t)
      void grow(uint64_t size)
      {
          char *block = malloc(size);
          for (uint64_t i = 0; i < size; i += 4096)
              block[i] = 1;
          *(char *)hl_scratch(size) = 1;
      }
      """;

  private static List<String> dumped(Sandbox sandbox) throws IOException {
    return Dumped.of(ResetOracle.machineOf(sandbox));
  }

  @Test
  void nothingOfAGuestIsDumpedInAnyState() throws IOException {
    try (Sandbox sandbox = Sandbox.builder(CompiledGuest.of(GUEST)).memorySize(64 << 20).build()) {
      assertThat(dumped(sandbox)).as("new").isEmpty();
      sandbox.call("grow", void.class, 8L << 20);
      assertThat(dumped(sandbox)).as("grown").isEmpty();
      try (Snapshot snapshot = sandbox.snapshot();
          Sandbox spawned = snapshot.spawn()) {
        assertThat(dumped(spawned)).as("spawned").isEmpty();
        spawned.call("grow", void.class, 1L << 20);
        assertThat(dumped(spawned)).as("spawned and grown").isEmpty();
        spawned.restore(snapshot);
        assertThat(dumped(spawned)).as("restored").isEmpty();
        spawned.call("grow", void.class, 20L << 20);
        spawned.restore(snapshot); // more pages than are copied
        assertThat(dumped(spawned)).as("mapped anew").isEmpty();
        sandbox.restore(snapshot);
        assertThat(dumped(sandbox)).as("replaced by a spawned one").isEmpty();
      }
    }
  }

  @Test
  void aPropertyLeavesGuestsInDumps() {
    List<String> command =
        new ArrayList<>(
            ChildJvm.commandLine(
                Shown.class,
                List.of("--enable-native-access=ALL-UNNAMED", "-Dhyperlight.dumpGuests=true")));
    command.add(CompiledGuest.fileOf(GUEST).toString());
    assertThat(Command.run(command).outputOfSuccess()).contains("rw-p").contains("VmFlags");
  }

  /** The main class of a separate JVM. It prints what would be dumped. */
  static final class Shown {
    private Shown() {}

    public static void main(String[] arguments) throws IOException {
      try (Sandbox sandbox = Sandbox.builder(Guest.load(Path.of(arguments[0]))).build()) {
        dumped(sandbox).forEach(System.out::println);
      }
    }
  }
}
