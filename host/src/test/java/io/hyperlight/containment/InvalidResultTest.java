package io.hyperlight.containment;

import static io.hyperlight.testing.Kinds.kind;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.hyperlight.Sandbox;
import io.hyperlight.error.GuestErrorException;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.SandboxUnusableException;
import io.hyperlight.testing.CompiledGuest;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Strings and bytes that a hostile guest returns from where it has no memory. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class InvalidResultTest {
  private static final String PROGRAM =
      """
      #include <hyperlight.h>

      HL_IMPORT(void, take_bytes, hl_bytes)
      HL_IMPORT(void, take_two, hl_bytes, hl_bytes)

      static const char greeting[] = "hello";

      HL_EXPORT(hl_bytes, bytes_at, int64_t, int64_t)
      hl_bytes bytes_at(int64_t address, int64_t size) { return (hl_bytes){(const uint8_t *)address, (size_t)size}; }

      HL_EXPORT(hl_string, string_at, int64_t, int64_t)
      hl_string string_at(int64_t address, int64_t size) { return (hl_string){(const char *)address, (size_t)size}; }

      HL_EXPORT(int64_t, greeting_address)
      int64_t greeting_address(void) { return (int64_t)greeting; }

      /* The frame's last byte is the call stack's, and nothing is behind it. */
      HL_EXPORT(int64_t, stack_end)
      int64_t stack_end(void) { return (int64_t)HL_INFORMATION->frame + 0x400; }

      HL_EXPORT(int64_t, window_end)
      int64_t window_end(void) { return (int64_t)HL_INFORMATION->frame->window_end; }

      HL_EXPORT(void, pass_bytes_at, int64_t, int64_t)
      void pass_bytes_at(int64_t address, int64_t size) { take_bytes(bytes_at(address, size)); }

      HL_EXPORT(void, pass_twice, int64_t, int64_t)
      void pass_twice(int64_t address, int64_t size) { take_two(bytes_at(address, size), bytes_at(address, size)); }

      HL_EXPORT(void, pass_arguments_at, int64_t)
      void pass_arguments_at(int64_t address)
      {
          struct hl_value result;
          hl_host_call(&hl_function_take_two, (const struct hl_value *)address, &result);
      }
      """;

  @SuppressWarnings("NullAway.Init")
  private Sandbox sandbox;

  @BeforeAll
  void build() {
    sandbox = newSandbox();
  }

  @AfterAll
  void close() {
    sandbox.close();
  }

  private static Sandbox newSandbox() {
    return Sandbox.builder(CompiledGuest.of(PROGRAM))
        .hostAction("take_bytes", (byte[] _) -> {})
        .hostAction("take_two", (byte[] _, byte[] _) -> {})
        .build();
  }

  private static Stream<Arguments> ranges() {
    return Stream.of(
        arguments("null", 0L, 1L),
        arguments("null, all of it", 0L, Long.MAX_VALUE),
        arguments("page 0", 1L, 1L),
        arguments("below the gate", 0xffffL, 1L),
        arguments("into the gate", 0xffffL, 2L),
        arguments("behind the information page", 0x12000L, 1L),
        arguments("negative length at null", 0L, -1L),
        arguments("least length", 0x10000L, Long.MIN_VALUE),
        arguments("wraps around to mapped memory", -16L, 0x11000L),
        arguments("ends at 2^64", -16L, 16L),
        arguments("ends at 2^63", Long.MAX_VALUE, 1L),
        arguments("end is negative", Long.MAX_VALUE, Long.MAX_VALUE),
        arguments("top of user space", 0x7fff_ffff_efffL, 2L),
        arguments("last page of user space", 0x7fff_ffff_f000L, 1L),
        arguments("not canonical", 0x8000_0000_0000L, 1L),
        arguments("upper half", 0xffff_8000_0000_0000L, 1L),
        arguments("upper half, page of the host", 0xffff_8000_0000_1000L, 8L),
        arguments("no byte at an address that no guest has", -1L, 0L),
        arguments("no byte behind user space", 0x7fff_ffff_f001L, 0L));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("ranges")
  void aRangeOutsideOfGuestMemoryIsInvalid(String what, long address, long size) {
    assertInvalid("bytes_at", byte[].class, address, size);
    assertInvalid("string_at", String.class, address, size);
  }

  private static Stream<Arguments> sizes() {
    return Stream.of(
        arguments(-1L),
        arguments(Long.MIN_VALUE),
        arguments(Long.MAX_VALUE),
        arguments(Long.MAX_VALUE - 0x20_0000),
        arguments((long) Integer.MAX_VALUE),
        arguments(1L << 32),
        arguments((1L << 32) + 5),
        arguments(Sandbox.Builder.DEFAULT_MEMORY_SIZE),
        arguments(0x7fff_ffff_f000L));
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void aRangeThatBeginsInGuestMemoryAndDoesNotEndThereIsInvalid(long size) {
    long address = sandbox.call("greeting_address", long.class);

    assertInvalid("bytes_at", byte[].class, address, size);
    assertInvalid("string_at", String.class, address, size);
  }

  private void assertInvalid(String function, Class<?> type, long address, long size) {
    assertThatThrownBy(() -> sandbox.call(function, type, address, size))
        .satisfies(kind(GuestErrorException.Kind.INVALID_RESULT))
        .hasMessageContaining(function)
        .hasMessageContaining("a range that is not its own");
    assertUsable();
  }

  private void assertUsable() {
    long address = sandbox.call("greeting_address", long.class);
    assertThat(sandbox.call("string_at", String.class, address, 5L)).isEqualTo("hello");
  }

  @Test
  void aRangeMayEndWithTheLastByteOfAMappingAndNotBehindIt() {
    for (String end : new String[] {"stack_end", "window_end"}) {
      long address = sandbox.call(end, long.class);
      assertThat(sandbox.call("bytes_at", byte[].class, address - 1, 1L)).hasSize(1);
      assertThat(sandbox.call("bytes_at", byte[].class, address - 4096, 4096L)).hasSize(4096);
      assertInvalid("bytes_at", byte[].class, address - 1, 2L);
      assertInvalid("bytes_at", byte[].class, address - 4096, 4097L);
      assertInvalid("bytes_at", byte[].class, address, 1L);
    }
  }

  @Test
  void anEmptyRangeMayBeAtNull() {
    assertThat(sandbox.call("bytes_at", byte[].class, 0L, 0L)).isEmpty();
    assertThat(sandbox.call("string_at", String.class, 0L, 0L)).isEmpty();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("ranges")
  void anArgumentOfAHostCallOutsideOfGuestMemoryIsAProtocolViolation(
      String what, long address, long size) {
    assertViolation("pass_bytes_at", address, size);
  }

  @Test
  void argumentsOfAHostCallCannotAddUpToMoreThanTheGuestHas() {
    // Each is the guest's own, and both together are still more than the host should copy.
    String program =
        PROGRAM
            + """
            HL_EXPORT(int64_t, reserve, int64_t)
            int64_t reserve(int64_t size) { return (int64_t)hl_scratch((size_t)size); }
            """;
    long most = Sandbox.Builder.DEFAULT_MEMORY_SIZE / 2 + 4096;
    try (Sandbox doomed =
        Sandbox.builder(CompiledGuest.of(program))
            .hostAction("take_bytes", (byte[] _) -> {})
            .hostAction("take_two", (byte[] _, byte[] _) -> {})
            .build()) {
      long address = doomed.call("reserve", long.class, most);
      assertThat(address).isNotZero();
      doomed.call("pass_bytes_at", void.class, address, most);
      assertThatThrownBy(() -> doomed.call("pass_twice", void.class, address, most))
          .isInstanceOf(GuestFaultException.class)
          .hasMessageContaining("more bytes than the guest has memory");
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("ranges")
  void anArgumentListOutsideOfGuestMemoryIsAProtocolViolation(String what, long address) {
    assertViolation("pass_arguments_at", address);
  }

  private static void assertViolation(String function, Object... arguments) {
    try (Sandbox doomed = newSandbox()) {
      assertThatThrownBy(() -> doomed.call(function, void.class, arguments))
          .isInstanceOfSatisfying(
              GuestFaultException.class,
              e -> assertThat(e.kind()).isEqualTo(GuestFaultException.Kind.PROTOCOL_VIOLATION));
      assertThatThrownBy(() -> doomed.call("stack_end", long.class))
          .isInstanceOf(SandboxUnusableException.class);
    }
  }
}
