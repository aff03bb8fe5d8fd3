package io.hyperlight.containment;

import static io.hyperlight.error.GuestFaultException.Kind.DEVICE_ACCESS;
import static io.hyperlight.error.GuestFaultException.Kind.PROTECTION;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.testing.HostileGuest;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tries ports: all of the lowest, which include the stubs' own and nearly all of a PC, and a sample
 * of those above. A refused access ends its sandbox, so each port costs one sandbox.
 */
@Tag("slow")
final class HostilePortsTest {
  /** How many random ports each form is tried with. */
  private static final int SAMPLE = Integer.getInteger("hyperlight.test.ports", 30);

  /** How many ports from 0 on are tried one by one. The stubs' own are below 0x80. */
  private static final int LOW = Integer.getInteger("hyperlight.test.lowPorts", 0x100);

  private static final int SYSTEM_CALL_PORT = 0x70;

  private static final String FUNCTIONS =
      """
      #define ACCESS(name, instruction) \\
          HL_EXPORT(void, name, uint16_t) \\
          void name(uint16_t port) \\
          { \\
              __asm__ volatile(instruction : : "d"(port), "a"(HL_CALL_DONE), "c"(gate_system_call() + 2) : "memory"); \\
          }

      ACCESS(in_byte, "in %%dx, %%al")
      ACCESS(in_word, "in %%dx, %%ax")
      ACCESS(in_long, "in %%dx, %%eax")
      ACCESS(out_byte, "out %%al, %%dx")
      ACCESS(out_word, "out %%ax, %%dx")
      ACCESS(out_long, "out %%eax, %%dx")
      """;

  @ParameterizedTest
  @ValueSource(strings = {"in_byte", "out_byte"})
  void areRefusedByteByByte(String function) {
    IntStream low = IntStream.range(0, LOW);
    IntStream known = IntStream.of(0x402, 0x510, 0xcf8, 0xcfc, 0x5658, 0xffff);
    IntStream.concat(IntStream.concat(low, known), sample(function, LOW))
        .forEach(port -> assertRefused(function, port));
  }

  @ParameterizedTest
  @ValueSource(strings = {"in_word", "in_long", "out_word", "out_long"})
  void areRefusedInLargerUnits(String function) {
    IntStream around = IntStream.of(0, 0x1f, 0x6d, 0x6e, 0x6f, 0x70, 0x71, 0xcf8, 0xfffe, 0xffff);
    IntStream.concat(around, sample(function, 0)).forEach(port -> assertRefused(function, port));
  }

  private static IntStream sample(String function, int from) {
    Random random = new Random(function.hashCode());
    return IntStream.generate(() -> from + random.nextInt(0x1_0000 - from)).limit(SAMPLE);
  }

  private static void assertRefused(String function, int port) {
    try (HostileGuest guest = new HostileGuest(FUNCTIONS)) {
      assertThat(guest.attack(function, port).fault().kind())
          .describedAs("port 0x%x", port)
          .isIn(PROTECTION, port == SYSTEM_CALL_PORT ? DEVICE_ACCESS : PROTECTION);
    }
  }
}
