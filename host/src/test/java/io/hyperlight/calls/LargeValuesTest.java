package io.hyperlight.calls;

import static io.hyperlight.testing.Kinds.kind;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Sandbox;
import io.hyperlight.error.HostFunctionException;
import io.hyperlight.error.InvalidCallException;
import io.hyperlight.testing.CompiledGuest;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Large strings and byte arrays in all four directions, and those that do not fit. */
class LargeValuesTest {
  /** The size in bytes; more than a sandbox has by default. */
  private static final int SIZE = Integer.getInteger("hyperlight.test.largeValueSize", 64 << 20);

  private static final long ROOMY = 512L << 20;

  private static final String PROGRAM =
      """
      #include <hyperlight.h>

      HL_IMPORT(hl_string, swap_string, hl_string)
      HL_IMPORT(hl_bytes, swap_bytes, hl_bytes)

      /* A copy, so that the guest reads and writes every byte. */
      static void *copy(const void *data, size_t size)
      {
          void *memory = hl_scratch(size);
          if (memory == NULL) {
              hl_abort(HL_STR("no scratch memory"));
          }
          return memcpy(memory, data, size);
      }

      HL_EXPORT(hl_string, copy_string, hl_string)
      hl_string copy_string(hl_string s) { return (hl_string){copy(s.data, s.size), s.size}; }

      HL_EXPORT(hl_bytes, copy_bytes, hl_bytes)
      hl_bytes copy_bytes(hl_bytes b) { return (hl_bytes){copy(b.data, b.size), b.size}; }

      HL_EXPORT(hl_string, via_string, hl_string)
      hl_string via_string(hl_string s) { return swap_string(s); }

      HL_EXPORT(hl_bytes, via_bytes, hl_bytes)
      hl_bytes via_bytes(hl_bytes b) { return swap_bytes(b); }

      HL_EXPORT(bool, survives_swap)
      bool survives_swap(void)
      {
          hl_bytes bytes;
          return !try_swap_bytes(&bytes, (hl_bytes){NULL, 0});
      }

      HL_EXPORT(int, add, int, int)
      int add(int a, int b) { return a + b; }
      """;

  private final AtomicReference<Object> received = new AtomicReference<>("nothing");
  private final AtomicReference<Object> answer = new AtomicReference<>("nothing");

  private Sandbox sandbox(long memorySize) {
    return Sandbox.builder(CompiledGuest.of(PROGRAM))
        .memorySize(memorySize)
        .hostFunction("swap_string", this::swap)
        .hostFunction("swap_bytes", this::swap)
        .build();
  }

  private Object swap(Object value) {
    received.set(value);
    return answer.get();
  }

  private static byte[] randomBytes(long seed) {
    byte[] bytes = new byte[SIZE];
    new SplittableRandom(seed).nextBytes(bytes);
    return bytes;
  }

  /** A string of {@link #SIZE} bytes, four to a character. */
  private static String largeString(String first) {
    return first + "\ud83d\ude00".repeat((SIZE - first.length()) / 4);
  }

  // Not assertThat(large).isEqualTo(large), which would print the whole difference.

  @Test
  void bytesGoInAndOut() {
    byte[] bytes = randomBytes(1);
    try (Sandbox sandbox = sandbox(ROOMY)) {
      byte[] result = sandbox.call("copy_bytes", byte[].class, bytes);

      assertThat(Arrays.equals(result, bytes)).isTrue();
    }
  }

  @Test
  void stringsGoInAndOut() {
    String text = largeString("1234");
    try (Sandbox sandbox = sandbox(ROOMY)) {
      assertThat(sandbox.call("copy_string", String.class, text).equals(text)).isTrue();
    }
  }

  @Test
  void bytesGoToAHostFunctionAndComeBack() {
    byte[] there = randomBytes(2);
    byte[] back = randomBytes(3);
    answer.set(back);
    try (Sandbox sandbox = sandbox(ROOMY)) {
      assertThat(Arrays.equals(sandbox.call("via_bytes", byte[].class, there), back)).isTrue();
    }
    assertThat(received.get() instanceof byte[] bytes && Arrays.equals(bytes, there)).isTrue();
  }

  @Test
  void stringsGoToAHostFunctionAndComeBack() {
    String there = largeString("over");
    String back = largeString("back");
    answer.set(back);
    try (Sandbox sandbox = sandbox(ROOMY)) {
      assertThat(sandbox.call("via_string", String.class, there).equals(back)).isTrue();
    }
    assertThat(received.get().equals(there)).isTrue();
  }

  @Test
  void emptyOnesGoEverywhere() {
    try (Sandbox sandbox = sandbox(Sandbox.Builder.DEFAULT_MEMORY_SIZE)) {
      answer.set(new byte[0]);
      assertThat(sandbox.call("copy_bytes", byte[].class, (Object) new byte[0])).isEmpty();
      assertThat(sandbox.call("via_bytes", byte[].class, (Object) new byte[0])).isEmpty();
      assertThat(received.get()).isEqualTo(new byte[0]);
      answer.set("");
      assertThat(sandbox.call("copy_string", String.class, "")).isEmpty();
      assertThat(sandbox.call("via_string", String.class, "")).isEmpty();
      assertThat(received.get()).isEqualTo("");
    }
  }

  @Test
  void anArgumentThatDoesNotFitIsRefusedAndChangesNothing() {
    byte[] bytes = new byte[SIZE];
    try (Sandbox sandbox = sandbox(Sandbox.Builder.DEFAULT_MEMORY_SIZE)) {
      assertThatThrownBy(() -> sandbox.call("copy_bytes", byte[].class, bytes))
          .satisfies(kind(InvalidCallException.Kind.INVALID_ARGUMENT))
          .hasMessageContaining("argument 1 of hl_bytes copy_bytes(hl_bytes) does not fit");
      assertThat(sandbox.call("add", int.class, 2, 3)).isEqualTo(5);
      assertThat(sandbox.call("copy_bytes", byte[].class, new byte[] {1, 2})).containsExactly(1, 2);
    }
  }

  @Test
  void aResultOfAHostFunctionThatDoesNotFitIsItsFailure() {
    answer.set(new byte[SIZE]);
    try (Sandbox sandbox = sandbox(Sandbox.Builder.DEFAULT_MEMORY_SIZE)) {
      assertThat(sandbox.call("survives_swap", boolean.class)).isTrue();
      assertThatThrownBy(() -> sandbox.call("via_bytes", byte[].class, new byte[] {1}))
          .isInstanceOf(HostFunctionException.class)
          .hasMessageContaining("swap_bytes")
          .hasMessageContaining("bytes of guest memory wanted");
    }
  }

  @Test
  void theMemoryOfOneCallsValuesIsUsedAgainByTheNext() {
    byte[] bytes = new byte[4 << 20];
    try (Sandbox sandbox = sandbox(Sandbox.Builder.DEFAULT_MEMORY_SIZE)) {
      for (int i = 0; i < 20; i++) {
        bytes[i] = (byte) i;
        assertThat(Arrays.equals(sandbox.call("copy_bytes", byte[].class, bytes), bytes)).isTrue();
      }
    }
  }
}
