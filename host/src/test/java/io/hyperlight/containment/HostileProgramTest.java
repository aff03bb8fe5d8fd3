package io.hyperlight.containment;

import static io.hyperlight.containment.HostileProgram.serve;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.ProgramServer;
import io.hyperlight.ProgramSnapshot;
import io.hyperlight.error.HyperlightException;
import io.hyperlight.error.SandboxUnusableException;
import io.hyperlight.internal.machine.MachineState;
import io.hyperlight.testing.Descriptors;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.ResetOracle;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whole programs that attack with system calls, files and descriptors. Each attack ends as its
 * table says, and a restore leaves nothing of it. A program beside it and the host's files are
 * unharmed.
 */
@NotInHardwareLane("What is attacked is code of the host, which is the same there.")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("slow")
class HostileProgramTest {
  private static final List<ProgramAttack> ATTACKS =
      Stream.of(
              PathAttacks.all(),
              ContentAttacks.all(),
              DescriptorAttacks.all(),
              ProcessAttacks.all())
          .flatMap(List::stream)
          .toList();

  /** A harmless attack, which shows that everything works. */
  private static final String HEALTHY = "standard input under another number";

  private final HostileProgram program;
  private final Map<String, String> hostFiles;
  private final Map<String, Integer> descriptors;
  private final ProgramServer bystander;
  private final ProgramSnapshot start;

  HostileProgramTest() throws IOException {
    program = new HostileProgram(ATTACKS);
    hostFiles = program.hostFiles();
    descriptors = Descriptors.of(program.hostFolder());
    bystander = program.program().startServing();
    start = bystander.snapshot();
  }

  static List<ProgramAttack> attacks() {
    return ATTACKS;
  }

  @BeforeAll
  void theProgramWorks() {
    bystander.restore(start);
    assertThat(serve(bystander, HEALTHY)).isEqualTo("ok");
    assertThat(serve(bystander, "none")).isEqualTo("there is no such attack");
  }

  @AfterAll
  void nothingIsLeftInTheHost() {
    start.close();
    bystander.close();
    assertThat(Descriptors.of(program.hostFolder())).isEqualTo(descriptors);
    assertThat(program.hostFiles()).isEqualTo(hostFiles);
  }

  @Test
  void eachAttackHasANameOfItsOwn() {
    assertThat(ATTACKS.stream().map(ProgramAttack::name).collect(Collectors.toSet()))
        .hasSameSizeAs(ATTACKS);
  }

  @ParameterizedTest
  @MethodSource("attacks")
  void endsAsItMayAndIsGoneAfterARestore(ProgramAttack attack) {
    try (ProgramServer attacker = start.spawn();
        ProgramServer newborn = start.spawn()) {
      attacker.restore(start); // turns dirty tracking on
      for (int i = 0; i < 2; i++) {
        Class<? extends HyperlightException> ending = attack.ending();
        if (ending == null) {
          assertThat(serve(attacker, attack.name())).isEqualTo("ok");
        } else {
          assertThatThrownBy(() -> serve(attacker, attack.name())).isExactlyInstanceOf(ending);
          assertThatThrownBy(() -> serve(attacker, HEALTHY))
              .isInstanceOf(SandboxUnusableException.class);
        }
        if (i == 1 && ending == null) {
          try (ProgramSnapshot after = attacker.snapshot();
              ProgramServer heir = after.spawn()) {
            assertThat(serve(heir, "none")).isEqualTo("there is no such attack");
          }
        }
        List<String> found = attacker.files().paths().toList(); // names of the attacker's choice
        attacker.restore(start);
        assertThat(
                MachineState.of(ResetOracle.machineOf(newborn))
                    .differencesOf(MachineState.of(ResetOracle.machineOf(attacker))))
            .as("what is left of an attack that made %d files", found.size())
            .isEmpty();
        assertThat(attacker.files().paths()).isEmpty();
      }
      assertThat(serve(attacker, HEALTHY)).isEqualTo("ok");
      assertThat(serve(newborn, HEALTHY)).isEqualTo("ok");
    }
    bystander.restore(start);
    assertThat(serve(bystander, HEALTHY)).isEqualTo("ok");
  }
}
