package io.hyperlight.calls;

import static io.hyperlight.testing.Kinds.kind;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.error.GuestErrorException;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.HostFunctionException;
import io.hyperlight.error.InvalidCallException;
import io.hyperlight.error.SandboxUnusableException;
import io.hyperlight.testing.CType;
import io.hyperlight.testing.CompiledGuest;
import java.lang.invoke.MethodHandle;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests which values each type may have, on both sides and in both directions. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ValuesTest {
  private static final String LONE_SURROGATE = "a\ud800b";

  private final AtomicReference<Object> received = new AtomicReference<>("nothing");
  private final AtomicReference<Object> answer = new AtomicReference<>("nothing");

  @SuppressWarnings("NullAway.Init")
  private Sandbox sandbox;

  /** Compiles the program. */
  Guest guest(String program) {
    return CompiledGuest.of(program);
  }

  @BeforeAll
  void build() {
    sandbox = newSandbox();
  }

  @AfterAll
  void close() {
    sandbox.close();
  }

  /** For tests that leave the sandbox unusable. */
  private Sandbox newSandbox() {
    Sandbox.Builder builder = Sandbox.builder(guest(program()));
    for (CType type : CType.ofValues()) {
      builder.hostFunction(
          "host_" + type.cName(),
          (Object value) -> {
            received.set(value);
            return answer.get();
          });
    }
    return builder.build();
  }

  private static String program() {
    StringBuilder program =
        new StringBuilder(
            """
            #include <hyperlight.h>

            HL_EXPORT(hl_string, as_string, hl_bytes)
            hl_string as_string(hl_bytes b) { return (hl_string){(const char *)b.data, b.size}; }

            HL_EXPORT(uint64_t, as_unsigned, int64_t)
            uint64_t as_unsigned(int64_t value) { return (uint64_t)value; }

            /* C cannot return such a bool. */
            HL_EXPORT(bool, strange_bool, int)
            __asm__(".pushsection .text\\n"
                    ".globl strange_bool\\n"
                    ".intel_syntax noprefix\\n"
                    "strange_bool: mov eax, edi\\n"
                    "ret\\n"
                    ".att_syntax\\n"
                    ".popsection");

            """);
    for (CType type : CType.ofValues()) {
      program.append(
          """
          HL_EXPORT(%1$s, echo_%1$s, %1$s)
          %1$s echo_%1$s(%1$s value) { return value; }
          HL_IMPORT(%1$s, host_%1$s, %1$s)
          HL_EXPORT(%1$s, via_%1$s, %1$s)
          %1$s via_%1$s(%1$s value) { return host_%1$s(value); }
          """
              .formatted(type.cName()));
    }
    program.append(
        """
        HL_EXPORT(void, pass_string, hl_bytes)
        void pass_string(hl_bytes b) { host_hl_string(as_string(b)); }

        HL_EXPORT(void, pass_unsigned, int64_t)
        void pass_unsigned(int64_t value) { host_uint64_t((uint64_t)value); }

        HL_EXPORT(void, pass_strange_bool, int64_t)
        void pass_strange_bool(int64_t value)
        {
            struct hl_value argument = {(uint64_t)value, 0};
            struct hl_value result;
            hl_host_call(&hl_function_host_bool, &argument, &result);
        }
        """);
    return program.toString();
  }

  static Stream<Arguments> limits() {
    return CType.ofValues().stream()
        .flatMap(type ->
            type.limits().stream()
                .filter(limit -> !isLong(limit))
                .map(limit -> arguments(type, limit)));
  }

  /** Too much for a test's name. */
  private static boolean isLong(Object value) {
    return (value instanceof String s && s.length() > 100)
        || (value instanceof byte[] b && b.length > 100);
  }

  @ParameterizedTest
  @MethodSource("limits")
  void aLimitGoesIntoTheGuestAndComesBack(CType type, Object limit) {
    Object result = sandbox.call("echo_" + type.cName(), Object.class, limit);

    assertThat(CType.comparable(result)).isEqualTo(CType.comparable(limit));
    assertThat(result).isInstanceOf(limit.getClass());
  }

  @ParameterizedTest
  @MethodSource("limits")
  void aLimitGoesToAHostFunctionAndComesBackFromIt(CType type, Object limit) {
    answer.set(limit);

    Object result = sandbox.call("via_" + type.cName(), Object.class, limit);

    assertThat(CType.comparable(received.get())).isEqualTo(CType.comparable(limit));
    assertThat(received.get()).isInstanceOf(limit.getClass());
    assertThat(CType.comparable(result)).isEqualTo(CType.comparable(limit));
  }

  static Stream<Arguments> unsignedOutOfRange() {
    return Stream.of(
        arguments(CType.UINT8, -1),
        arguments(CType.UINT8, 256),
        arguments(CType.UINT8, Integer.MIN_VALUE),
        arguments(CType.UINT16, -1),
        arguments(CType.UINT16, 65536),
        arguments(CType.UINT32, -1L),
        arguments(CType.UINT32, 1L << 32),
        arguments(CType.UINT32, Long.MIN_VALUE),
        arguments(CType.UINT64, -1L),
        arguments(CType.UINT64, Long.MIN_VALUE));
  }

  @ParameterizedTest
  @MethodSource("unsignedOutOfRange")
  void anArgumentThatTheUnsignedTypeDoesNotHaveIsRefused(CType type, Object value) {
    String name = "echo_" + type.cName();
    MethodHandle handle = sandbox.function(name);

    assertThatThrownBy(() -> sandbox.call(name, Object.class, value))
        .satisfies(kind(InvalidCallException.Kind.INVALID_ARGUMENT))
        .hasMessageContaining(
            "argument 1 of %s %s(%s) is %s", type.cName(), name, type.cName(), value);
    assertThatThrownBy(() -> handle.invokeWithArguments(value))
        .satisfies(kind(InvalidCallException.Kind.INVALID_ARGUMENT));
    assertThat(sandbox.call("echo_int32_t", int.class, 7)).isEqualTo(7);
  }

  @ParameterizedTest
  @MethodSource("unsignedOutOfRange")
  void aHostFunctionsResultThatTheUnsignedTypeDoesNotHaveIsItsFailure(CType type, Object value) {
    answer.set(value);
    try (Sandbox doomed = newSandbox()) {
      assertThatThrownBy(
              () -> doomed.call("via_" + type.cName(), Object.class, type.limits().getFirst()))
          .isInstanceOf(HostFunctionException.class)
          .hasMessageContaining("returned %s", value);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, Long.MIN_VALUE, -2})
  void anUnsignedResultBeyondJavasLongIsInvalid(long bits) {
    assertThatThrownBy(() -> sandbox.call("as_unsigned", long.class, bits))
        .satisfies(kind(GuestErrorException.Kind.INVALID_RESULT))
        .hasMessageContaining(Long.toUnsignedString(bits));
    assertThat(sandbox.call("as_unsigned", long.class, Long.MAX_VALUE)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void anUnsignedArgumentBeyondJavasLongIsAProtocolViolation() {
    received.set("nothing");
    try (Sandbox doomed = newSandbox()) {
      assertProtocolViolation(doomed, "pass_unsigned", -1L, Long.toUnsignedString(-1));
    }
    assertThat(received.get()).isEqualTo("nothing");
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 0x80, 0xff, -1, 0x1_02})
  void aBoolThatIsNeitherIsAnInvalidResult(int value) {
    assertThatThrownBy(() -> sandbox.call("strange_bool", boolean.class, value))
        .satisfies(kind(GuestErrorException.Kind.INVALID_RESULT))
        .hasMessageContaining("a bool of value %d", value & 0xff);
    assertThat(sandbox.call("strange_bool", boolean.class, 1)).isTrue();
  }

  @Test
  void onlyTheLowByteOfABoolCounts() {
    assertThat(sandbox.call("strange_bool", boolean.class, 0x7fff_ff00)).isFalse();
    assertThat(sandbox.call("strange_bool", boolean.class, 0xffff_ff01)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(longs = {2, -1, 0x100, 1L << 63})
  void aBoolArgumentOfAHostCallThatIsNeitherIsAProtocolViolation(long value) {
    try (Sandbox doomed = newSandbox()) {
      assertProtocolViolation(doomed, "pass_strange_bool", value, "is not a bool");
    }
  }

  private static Stream<byte[]> notUtf8() {
    return Stream.of(
            "80",
            "bf",
            "ff",
            "fe",
            "c0 80",
            "c1 bf",
            "c3",
            "c3 28",
            "e0 80 80",
            "e0 9f bf",
            "e2 82",
            "e2 28 a1",
            "ed a0 80",
            "ed bf bf",
            "f0 80 80 80",
            "f0 9f 98",
            "f4 90 80 80",
            "f5 80 80 80",
            "f8 88 80 80 80",
            "ef bf bd ff",
            "41 42 80")
        .map(HexFormat.ofDelimiter(" ")::parseHex);
  }

  @ParameterizedTest
  @MethodSource("notUtf8")
  void aResultThatIsNotUtf8IsInvalid(byte[] bytes) {
    assertThatThrownBy(() -> sandbox.call("as_string", String.class, bytes))
        .satisfies(kind(GuestErrorException.Kind.INVALID_RESULT))
        .hasMessageContaining("as_string")
        .hasMessageContaining("not UTF-8");
    assertThat(sandbox.call("as_string", String.class, new byte[] {0x41})).isEqualTo("A");
  }

  @ParameterizedTest
  @MethodSource("notUtf8")
  void anArgumentOfAHostCallThatIsNotUtf8IsAProtocolViolation(byte[] bytes) {
    received.set("nothing");
    try (Sandbox doomed = newSandbox()) {
      assertProtocolViolation(doomed, "pass_string", bytes, "not UTF-8");
    }
    assertThat(received.get()).isEqualTo("nothing");
  }

  private static void assertProtocolViolation(
      Sandbox doomed, String function, Object argument, String message) {
    assertThatThrownBy(() -> doomed.call(function, void.class, argument))
        .isInstanceOfSatisfying(
            GuestFaultException.class,
            e -> assertThat(e.kind()).isEqualTo(GuestFaultException.Kind.PROTOCOL_VIOLATION))
        .hasMessageContaining(message);
    assertThatThrownBy(() -> doomed.call("echo_bool", boolean.class, true))
        .isInstanceOf(SandboxUnusableException.class)
        .hasCauseInstanceOf(GuestFaultException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        LONE_SURROGATE,
        "\ud800",
        "\udc00",
        "\udc00\ud800",
        "\ud800\ud800\udc00",
        "\udfff",
        "\udc00\udc00"
      })
  void halfOfASurrogatePairIsRefusedAsAnArgument(String text) {
    assertThatThrownBy(() -> sandbox.call("echo_hl_string", String.class, text))
        .satisfies(kind(InvalidCallException.Kind.INVALID_ARGUMENT))
        .hasMessageContaining("surrogate");
    assertThat(sandbox.call("echo_hl_string", String.class, "fine")).isEqualTo("fine");
  }

  @Test
  void halfOfASurrogatePairIsAHostFunctionsFailure() {
    answer.set(LONE_SURROGATE);
    try (Sandbox doomed = newSandbox()) {
      assertThatThrownBy(() -> doomed.call("via_hl_string", String.class, ""))
          .isInstanceOf(HostFunctionException.class)
          .hasMessageContaining("surrogate");
    }
  }

  @Test
  void everyCharacterThereIsComesBack() {
    StringBuilder all = new StringBuilder();
    for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
      if (c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE) {
        all.appendCodePoint(c);
      }
    }
    assertThat(sandbox.call("echo_hl_string", String.class, all.toString()))
        .isEqualTo(all.toString());
  }
}
