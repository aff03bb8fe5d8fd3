package io.hyperlight.containment;

import static io.hyperlight.containment.HostileProgram.serve;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Program;
import io.hyperlight.ProgramServer;
import io.hyperlight.ProgramSnapshot;
import io.hyperlight.error.HyperlightException;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.ResetOracle;
import io.hyperlight.testing.SourceFile;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Programs that attack with several threads, on one processor and on two. Each attack ends as its
 * table says, twice in a row, and a restore leaves nothing of it.
 */
@NotInHardwareLane("What is attacked is code of the host, which is the same there.")
class HostileThreadsTest {
  private static final List<ProgramAttack> ATTACKS = ThreadAttacks.all();

  private static final String HEALTHY = "be woken several times in one call";

  private static Program program(int processors) throws IOException {
    String threads = SourceFile.of(HostileThreadsTest.class, "hostile_threads.c");
    return new HostileProgram(threads, ATTACKS).program().processors(processors);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void eachAttackEndsAsItMayAndIsGoneAfterARestore(int processors) throws IOException {
    try (ProgramServer bystander = program(processors).startServing();
        ProgramSnapshot start = bystander.snapshot();
        ProgramServer attacker = start.spawn()) {
      for (ProgramAttack attack : ATTACKS) {
        for (int i = 0; i < 2; i++) {
          Class<? extends HyperlightException> ending = attack.ending();
          if (ending == null) {
            assertThat(serve(attacker, attack.name())).as(attack.name()).isEqualTo("ok");
          } else {
            assertThatThrownBy(() -> serve(attacker, attack.name()))
                .as(attack.name())
                .isExactlyInstanceOf(ending);
          }
          attacker.restore(start);
          try (ProgramServer newborn = start.spawn()) {
            assertThat(ResetOracle.differences(newborn, attacker)).as(attack.name()).isEmpty();
          }
        }
      }
      bystander.restore(start);
      assertThat(serve(bystander, HEALTHY)).isEqualTo("ok");
      assertThat(serve(attacker, HEALTHY)).isEqualTo("ok");
    }
  }
}
