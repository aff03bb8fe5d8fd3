package io.hyperlight.containment;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.GuestAbortException;
import io.hyperlight.GuestErrorException;
import io.hyperlight.InvalidResultException;
import io.hyperlight.testing.HostileGuest;
import io.hyperlight.testing.HostileGuest.Ending;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Results, error messages and last words that are lies. */
final class HostileResultsTest {
  private static final String FUNCTIONS =
      """
      HL_EXPORT(hl_bytes, give_bytes, int64_t, int64_t)
      hl_bytes give_bytes(int64_t address, int64_t size)
      {
          return (hl_bytes){(const uint8_t *)address, (size_t)size};
      }

      HL_EXPORT(hl_string, give_text, int64_t, int64_t)
      hl_string give_text(int64_t address, int64_t size)
      {
          return (hl_string){(const char *)address, (size_t)size};
      }

      HL_EXPORT(hl_string, give_no_utf8)
      hl_string give_no_utf8(void)
      {
          return (hl_string){(const char *)ret_in_data, 1};
      }

      HL_EXPORT(uint64_t, give_unsigned)
      uint64_t give_unsigned(void)
      {
          return -1ul;
      }

      HL_EXPORT(bool, give_flag, int64_t)
      __asm__(".globl give_flag; .hidden give_flag; .pushsection .text; give_flag: mov %rdi, %rax; ret; .popsection");

      HL_EXPORT(hl_bytes, give_everything)
      hl_bytes give_everything(void)
      {
          uint64_t end, start = take_all_heap(&end);
          return (hl_bytes){(const uint8_t *)start, end - start};
      }

      HL_EXPORT(void, report, int64_t, int64_t, int64_t)
      void report(int64_t status, int64_t address, int64_t size)
      {
          FRAME->error_address = (uint64_t)address;
          FRAME->error_length = (uint64_t)size;
          FRAME->status = (uint64_t)status;
      }

      HL_EXPORT(void, abort_with, int64_t, int64_t)
      void abort_with(int64_t address, int64_t size)
      {
          system_call(HL_CALL_ABORT, (uint64_t)address, (uint64_t)size, 0);
      }

      HL_EXPORT(void, abort_with_everything)
      void abort_with_everything(void)
      {
          uint64_t end, start = take_all_heap(&end);
          system_call(HL_CALL_ABORT, start, end - start, 0);
      }
      """;

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
        .isInstanceOf(InvalidResultException.class);
    assertThat(attack("give_text", address, size).exception())
        .isInstanceOf(InvalidResultException.class);
  }

  @Test
  void textThatIsNoUtf8IsRefused() {
    assertThat(attack("give_no_utf8").exception()).isInstanceOf(InvalidResultException.class);
  }

  @Test
  void anUnsignedNumberThatJavaCannotSayIsRefused() {
    assertThat(attack("give_unsigned").exception()).isInstanceOf(InvalidResultException.class);
  }

  @ParameterizedTest
  @ValueSource(longs = {2, 3, 0x80, 0xff, -1})
  void aBoolThatIsNoneIsRefused(long value) {
    assertThat(attack("give_flag", value).exception()).isInstanceOf(InvalidResultException.class);
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
        .isInstanceOf(GuestErrorException.class)
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
