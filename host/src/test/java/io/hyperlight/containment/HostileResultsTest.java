package io.hyperlight.containment;

import static io.hyperlight.testing.Kinds.kind;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.error.GuestAbortException;
import io.hyperlight.error.GuestErrorException;
import io.hyperlight.testing.HostileGuest;
import io.hyperlight.testing.HostileGuest.Ending;
import io.hyperlight.testing.SourceFile;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Results, error messages and last words that are invalid. */
final class HostileResultsTest {
  private static final String FUNCTIONS =
      SourceFile.of(HostileResultsTest.class, "hostile_results.c");

  private static Ending attack(String function, Object... arguments) {
    try (HostileGuest guest = new HostileGuest(FUNCTIONS)) {
      return guest.attack(function, arguments);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1",
    "1, -1",
    "-1, 1",
    "-1, 2",
    "-4096, 8192",
    "65535, 2",
    "65536, -1",
    "65536, 8193",
    "65536, -9223372036854775808",
    "65536, 9223372036854775807",
    "65536, 2147483647",
    "65536, 2147483648",
    "65536, 4294967297",
    "140737488351231, 2",
    "140737488355328, 1",
    "-140737488351232, 16",
    "9223372036854775807, 1"
  })
  void rangesOfMemoryThatIsNotTheGuestsAreRefused(long address, long size) {
    assertThat(attack("give_bytes", address, size).exception())
        .satisfies(kind(GuestErrorException.Kind.INVALID_RESULT));
    assertThat(attack("give_text", address, size).exception())
        .satisfies(kind(GuestErrorException.Kind.INVALID_RESULT));
  }

  @Test
  void textThatIsNoUtf8IsRefused() {
    assertThat(attack("give_no_utf8").exception())
        .satisfies(kind(GuestErrorException.Kind.INVALID_RESULT));
  }

  @Test
  void anUnsignedNumberThatJavaCannotSayIsRefused() {
    assertThat(attack("give_unsigned").exception())
        .satisfies(kind(GuestErrorException.Kind.INVALID_RESULT));
  }

  @ParameterizedTest
  @ValueSource(longs = {2, 3, 0x80, 0xff, -1})
  void aBoolThatIsNoneIsRefused(long value) {
    assertThat(attack("give_flag", value).exception())
        .satisfies(kind(GuestErrorException.Kind.INVALID_RESULT));
  }

  @ParameterizedTest
  @CsvSource({"0, false", "1, true", "256, false", "-255, true"})
  void aBoolIsTheLowestByte(long value, boolean flag) {
    assertThat(attack("give_flag", value).result()).isEqualTo(flag);
  }

  @Test
  void allOfTheHeapIsAResultLikeOthers() {
    byte[] heap = (byte[]) Objects.requireNonNull(attack("give_everything").result());
    assertThat(heap).hasSizeGreaterThan(8 << 20);
    assertThat(Arrays.equals(heap, new byte[heap.length])).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "1, 0, 1",
    "-1, -1, -1",
    "2, 65536, -1",
    "4294967296, 140737488355328, 100",
    "-9223372036854775808, -9223372036854775808, -9223372036854775808",
    "1, 9223372036854775807, 9223372036854775807"
  })
  void anErrorsMessageThatCannotBeReadDoesNotHideTheError(long status, long address, long size) {
    assertThat(attack("report", status, address, size).exception())
        .satisfies(kind(GuestErrorException.Kind.REPORTED))
        .hasMessageContaining("cannot be read");
  }

  @Test
  void aStatusOfZeroIsNoError() {
    assertThat(attack("report", 0L, -1L, -1L).exception()).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1",
    "-1, -1",
    "65535, 2",
    "65536, -1",
    "65536, 8193",
    "140737488355328, 1",
    "-140737488351232, 16"
  })
  void lastWordsThatCannotBeReadDoNotHideTheAbort(long address, long size) {
    assertThat(attack("abort_with", address, size).exception())
        .isInstanceOf(GuestAbortException.class)
        .hasMessageContaining("cannot be read");
  }

  @Test
  void lastWordsAreCut() {
    assertThat(attack("abort_with_everything").exception())
        .isInstanceOfSatisfying(
            GuestAbortException.class,
            e -> assertThat(e.getMessage()).hasSizeBetween(1 << 16, (1 << 16) + 100));
  }
}
