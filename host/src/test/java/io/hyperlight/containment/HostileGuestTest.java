package io.hyperlight.containment;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.testing.HostileGuest;
import io.hyperlight.testing.HostileGuest.Ending;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tries each attack of the tables in a sandbox of its own. */
@Tag("slow")
final class HostileGuestTest {
  private static final List<Attack> ATTACKS = AttackTables.withKnownEnding();

  private static final String SOURCES = Attack.sources(ATTACKS);

  static List<Attack> attacks() {
    return ATTACKS;
  }

  /** Fails here, once, if an attack does not compile. */
  @BeforeAll
  static void compile() {
    HostileGuest.builder(SOURCES);
  }

  @Test
  void eachAttackHasANameOfItsOwn() {
    assertThat(ATTACKS.stream().map(Attack::function).collect(Collectors.toSet()))
        .hasSameSizeAs(ATTACKS);
  }

  @ParameterizedTest
  @MethodSource("attacks")
  void endsAsItMay(Attack attack) {
    try (HostileGuest guest = new HostileGuest(SOURCES)) {
      Ending ending = guest.attack(attack.function());
      if (attack.mayReturn() && ending.exception() == null) {
        assertThat(ending.result()).isEqualTo(0L);
      } else {
        assertThat(ending.fault().kind()).describedAs("%s", ending.fault()).isIn(attack.faults());
      }
    }
  }
}
