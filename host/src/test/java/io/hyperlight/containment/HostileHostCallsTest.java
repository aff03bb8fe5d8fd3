package io.hyperlight.containment;

import static io.hyperlight.error.GuestFaultException.Kind.PROTOCOL_VIOLATION;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.error.HostFunctionException;
import io.hyperlight.testing.HostileGuest;
import io.hyperlight.testing.HostileGuest.Ending;
import io.hyperlight.testing.SourceFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Host calls made by hand, with invalid numbers, pointers, sizes and windows. */
final class HostileHostCallsTest {
  private static final String FUNCTIONS =
      SourceFile.of(HostileHostCallsTest.class, "hostile_host_calls.c");

  private static Ending attack(String function, Object... arguments) {
    try (HostileGuest guest = new HostileGuest(FUNCTIONS)) {
      return guest.attack(function, arguments);
    }
  }

  private static void assertViolation(Ending ending) {
    assertThat(ending.fault().kind()).isEqualTo(PROTOCOL_VIOLATION);
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, Long.MIN_VALUE, Long.MAX_VALUE, 4096, 1L << 31, 1L << 32, -1L << 32})
  void ofNoFunction(long number) {
    assertViolation(attack("call_number", number));
  }

  @ParameterizedTest
  @ValueSource(longs = {1L << 32, 1L << 63, -1L << 32, 1L << 31})
  void ofANumberThatIsAnImportsInItsLowBits(long more) {
    assertViolation(attack("call_import_plus", more));
  }

  @Test
  void ofItsOwnExport() {
    assertViolation(attack("call_export"));
  }

  @ParameterizedTest
  @ValueSource(
      longs = {
        0,
        1,
        0xfff8,
        0x1_0ff8 + 0x1000, // across the end of the information page
        0x7fff_ffff_eff8L,
        0x7fff_ffff_f000L,
        0x8000_0000_0000L,
        0xffff_8000_0000_1000L,
        -1,
        -8,
        -16,
        Long.MIN_VALUE,
        Long.MAX_VALUE
      })
  void withArgumentsThatAreNowhere(long pointer) {
    assertViolation(attack("pass_pointer", pointer));
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 0xffff_8000_0000_1000L, Long.MAX_VALUE})
  void withNoArgumentsFromNowhere(long pointer) {
    assertViolation(attack("pass_nothing_from", pointer));
  }

  @Test
  void withArgumentsThatEndBehindTheStack() {
    assertViolation(attack("pass_half_of_an_argument"));
  }

  @Test
  void withMisalignedArgumentsAreLikeOthers() {
    assertThat(attack("pass_misaligned").result()).isEqualTo(0L);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1",
    "1, 9223372036854775807",
    "-1, 1",
    "-1, 2",
    "-4096, 8192",
    "65536, -1",
    "65536, 8193",
    "140737488351231, 2",
    "-140737488355328, 16",
    "140737488355328, 1",
    "9223372036854775807, 9223372036854775807"
  })
  void withTextThatIsNowhere(long address, long size) {
    assertViolation(attack("pass_text", address, size));
  }

  @ParameterizedTest
  @ValueSource(
      longs = {
        -1,
        Long.MIN_VALUE,
        Long.MAX_VALUE,
        1L << 24,
        (1L << 24) + 1,
        Integer.MAX_VALUE,
        1L << 31,
        1L << 32,
        (1L << 32) + 1
      })
  void withTextOfALyingLength(long size) {
    assertViolation(attack("pass_own_text", size));
  }

  @Test
  void withTextThatIsNoUtf8() {
    assertViolation(attack("pass_no_utf8"));
  }

  @ParameterizedTest
  @ValueSource(longs = {2, -1, 256, 1L << 32, Long.MIN_VALUE})
  void withABoolThatIsNone(long value) {
    assertViolation(attack("pass_flag", value));
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, Long.MIN_VALUE})
  void withAnUnsignedNumberThatJavaCannotSay(long value) {
    assertViolation(attack("pass_unsigned", value));
  }

  @Test
  void withMoreArgumentsThanMemory() {
    assertViolation(attack("pass_all_memory_twice"));
  }

  @ParameterizedTest
  @ValueSource(
      longs = {
        0,
        1,
        0x1_0000,
        0x7fff_ffff_f000L,
        0x8000_0000_0000L,
        0xffff_8000_0000_1000L,
        -1,
        -16,
        Long.MIN_VALUE,
        Long.MAX_VALUE
      })
  void withAWindowThatEndsElsewhere(long next) {
    assertViolation(attack("echo_with_window_next", next));
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, -16, 1L << 24, 1L << 40})
  void withAWindowThatEndsJustOutside(long offset) {
    assertViolation(attack("echo_with_window_next_in_window", offset));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 15, 4095, 16_383})
  void withAWindowThatEndsAnywhereInsideAreAnswered(long offset) {
    assertThat(attack("echo_with_window_next_in_window", offset).result()).isEqualTo(0L);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1, -4, -5, -15, -16})
  void withAFullWindowAreAnswered(long offset) {
    assertThat(attack("echo_with_window_next_at_end", offset).result()).isEqualTo(0L);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1, Long.MIN_VALUE, Long.MAX_VALUE, 0xffff_8000_0000_1000L})
  void withAFrameFullOfNonsenseAreAnswered(long value) {
    assertThat(attack("echo_with_scribbled_frame", value).result()).isEqualTo(0L);
  }

  @ParameterizedTest
  @ValueSource(ints = {1 << 24, 1 << 26})
  void whoseResultDoesNotFitFailInTheGuest(int size) {
    assertThat(attack("ask_for", size).result()).isEqualTo(-1L);
  }

  @Test
  void thatFailedInAnEarlierCallAreNoReasonToGiveUp() {
    try (HostileGuest guest = new HostileGuest(FUNCTIONS)) {
      assertThat(guest.attack("fail_and_forget").result()).isEqualTo(0L);
      assertViolation(guest.attack("give_up"));
    }
  }

  @Test
  void thatFailedAreAReasonToGiveUp() {
    assertThat(attack("fail_and_give_up").exception())
        .isInstanceOf(HostFunctionException.class)
        .cause()
        .hasMessage("as asked");
  }
}
