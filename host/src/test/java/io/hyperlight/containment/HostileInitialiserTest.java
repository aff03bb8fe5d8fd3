package io.hyperlight.containment;

import static io.hyperlight.testing.Kinds.kind;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Sandbox;
import io.hyperlight.error.GuestAbortException;
import io.hyperlight.error.GuestErrorException;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.GuestFaultException.Kind;
import io.hyperlight.testing.HostileGuest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Guests that attack before they are called: no sandbox is built, and nothing else happens. */
final class HostileInitialiserTest {
  private static String initialiser(String code) {
    return """
    __attribute__((constructor)) static void begin(void)
    {
        %s
    }
    """
        .formatted(code);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          MEMORY_ACCESS         | load(0);
          ILLEGAL_INSTRUCTION     | ASM("ud2");
          PROTECTION | ASM("hlt");
          STACK_OVERFLOW     | __asm__ volatile("1: call 1b" : : : "memory");
          PROTOCOL_VIOLATION | twice(1);
          PROTOCOL_VIOLATION | hl_give_up();
          """)
  void endsInTheSameFaultAsInACall(Kind kind, String code) {
    Sandbox.Builder builder = HostileGuest.builder(initialiser(code));
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(builder::build)
          .isInstanceOfSatisfying(
              GuestFaultException.class, e -> assertThat(e.kind()).isEqualTo(kind));
    }
  }

  @Test
  void mayEndItselfThroughTheGate() {
    try (Sandbox sandbox =
        HostileGuest.builder(initialiser("__asm__ volatile(\"jmp *%0\" : : \"r\"(gate_exit()));"))
            .build()) {
      assertThat(sandbox.<Integer>call("ping", int.class, 1)).isEqualTo(2);
    }
  }

  @Test
  void isAnErrorIfItReportsOne() {
    assertThatThrownBy(() -> HostileGuest.builder(initialiser("hl_error(HL_STR(\"no\"));")).build())
        .satisfies(kind(GuestErrorException.Kind.REPORTED))
        .hasMessage("no");
  }

  @Test
  void isAnAbortIfItAborts() {
    assertThatThrownBy(() -> HostileGuest.builder(initialiser("hl_abort(HL_STR(\"no\"));")).build())
        .isInstanceOf(GuestAbortException.class)
        .hasMessageContaining("no");
  }
}
