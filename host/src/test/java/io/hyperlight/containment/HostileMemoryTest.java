package io.hyperlight.containment;

import static io.hyperlight.testing.Kinds.kind;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.error.GuestErrorException;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.testing.HostileGuest;
import io.hyperlight.testing.HostileGuest.Ending;
import io.hyperlight.testing.SourceFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests what a guest finds in its address space, and what works after it has written everywhere.
 */
@Tag("slow")
final class HostileMemoryTest {
  private static final String FUNCTIONS =
      SourceFile.of(HostileMemoryTest.class, "hostile_memory.c");

  private static final int EXITS = Integer.getInteger("hyperlight.test.exits", 100_000);

  private static Object result(String function, Object... arguments) {
    try (HostileGuest guest = new HostileGuest(FUNCTIONS)) {
      Ending ending = guest.attack(function, arguments);
      assertThat(ending.exception()).isNull();
      return Objects.requireNonNull(ending.result());
    }
  }

  @Test
  void holdsNoPageTable() {
    assertThat(result("find_page_tables")).isEqualTo(0L);
  }

  @Test
  void thatHeldPageTablesIsEmptyWhenItComesBack() {
    assertThat(result("find_anything_in_memory_of_tables")).isEqualTo(0L);
  }

  @Test
  void thatWasGivenBackIsEmptyWhenItComesAgain() {
    assertThat(result("find_anything_in_returned_memory")).isEqualTo(0L);
  }

  @Test
  void holdsNothingOfTheMonitor() {
    assertThat(result("find_monitor")).isEqualTo(0L);
  }

  @Test
  void isSearchedInAWayThatFindsThem() {
    assertThat(result("plant_and_find")).isEqualTo(22L);
  }

  @Test
  void isEmptyWhateverASandboxBeforeHasWritten() {
    try (HostileGuest guest = new HostileGuest(FUNCTIONS)) {
      guest.attack("fill", 0x5a);
    }
    assertThat(result("find_anything_in_fresh_memory")).isEqualTo(0L);
  }

  @ParameterizedTest
  @ValueSource(ints = {0x01, 0x5a, 0x7f, 0x80, 0xff})
  void canBeFilledEntirely(int value) {
    try (HostileGuest guest = new HostileGuest(FUNCTIONS)) {
      for (int i = 0; i < 3; i++) {
        // The status too: the guest reports an error, with a message that is nowhere.
        assertThat(guest.attack("fill", value).exception())
            .satisfies(kind(GuestErrorException.Kind.REPORTED))
            .hasMessageContaining("cannot be read");
      }
    }
  }

  @Test
  void canBeFilledWithNothing() {
    try (HostileGuest guest = new HostileGuest(FUNCTIONS)) {
      for (int i = 0; i < 3; i++) {
        assertThat(guest.attack("fill", 0).exception()).isNull();
      }
    }
  }

  @Test
  void canBeFilledBeforeAFault() {
    try (HostileGuest guest = new HostileGuest(FUNCTIONS)) {
      assertThat(guest.attack("fill_and_fault", 0xff).fault().kind())
          .isEqualTo(GuestFaultException.Kind.ILLEGAL_INSTRUCTION);
    }
  }

  @Test
  void survivesExitAfterExit() {
    assertThat(result("exit_often", EXITS)).isEqualTo(0L);
  }

  @Test
  void ofTheCallBeforeIsNoRegister() {
    try (HostileGuest guest = new HostileGuest(FUNCTIONS)) {
      long[] first = registers(guest);
      guest.attack("leave_secrets");
      assertThat(registers(guest)).isEqualTo(first).doesNotContain(-1);
    }
  }

  private static long[] registers(HostileGuest guest) {
    // An argument register that a function does not use keeps its value from the call before.
    guest.sandbox().<Integer>call("ping", int.class, 0);
    byte[] bytes = guest.sandbox().<byte[]>call("registers_at_entry", byte[].class);
    long[] registers = new long[bytes.length / 8];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(registers);
    return registers;
  }

  @Test
  void ofTheHostIsNoVectorRegister() {
    byte[] state = (byte[]) result("extended_state");
    byte[] initial = new byte[state.length];
    ByteBuffer.wrap(initial)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putShort(0, (short) 0x37f) // x87 control word
        .putInt(24, 0x1f80) // MXCSR
        // The mask of MXCSR's bits and which components are not initial: facts of the processor.
        .put(28, state, 28, 4)
        .put(512, state, 512, 8);
    assertThat(state).isEqualTo(initial);
  }

  @Test
  void ofTheHostIsNoSegmentBase() {
    assertThat(result("segment_bases")).isEqualTo(0L);
  }
}
