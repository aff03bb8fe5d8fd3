package io.hyperlight.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.error.GuestAbortException;
import io.hyperlight.testing.CompiledGuest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Guests get random bytes. */
class GuestRandomnessTest {
  private static final String PROGRAM =
      """
      #include <hyperlight.h>

      HL_EXPORT(hl_bytes, some, uint64_t)
      hl_bytes some(uint64_t size)
      {
          uint8_t *data = hl_scratch(size);
          hl_random(data, size);
          return (hl_bytes){data, size};
      }

      HL_EXPORT(int64_t, getrandom, uint64_t, uint64_t, uint64_t)
      int64_t getrandom(uint64_t target, uint64_t size, uint64_t flags)
      {
          uint64_t number = 318;
          __asm__ volatile("syscall"
                           : "+a"(number)
                           : "D"(target), "S"(size), "d"(flags)
                           : "rcx", "r8", "r11", "memory");
          return (int64_t)number;
      }

      static uint8_t buffer[100000];
      HL_EXPORT(uint64_t, buffer_address)
      uint64_t buffer_address(void) { return (uint64_t)buffer; }

      HL_EXPORT(void, into_code)
      void into_code(void) { hl_random((void *)into_code, 8); }
      """;

  private static final long EFAULT = -14;
  private static final long EINVAL = -22;

  private final Sandbox sandbox = Sandbox.builder(CompiledGuest.of(PROGRAM)).build();

  @AfterEach
  void close() {
    sandbox.close();
  }

  private byte[] some(Sandbox from, long size) {
    return from.call("some", byte[].class, size);
  }

  @Test
  void areFreshAfterEveryRestoreAndInEverySandboxOfASnapshot() {
    try (Snapshot snapshot = sandbox.snapshot();
        Sandbox other = snapshot.spawn()) {
      List<byte[]> seen = new ArrayList<>();
      seen.add(some(sandbox, 32));
      seen.add(some(other, 32));
      for (int i = 0; i < 10; i++) {
        other.restore(snapshot);
        seen.add(some(other, 32));
      }
      assertThat(new HashSet<>(seen.stream().map(HexFormat.of()::formatHex).toList()))
          .hasSize(seen.size());
    }
  }

  @Test
  void comeInAnyNumber() {
    assertThat(some(sandbox, 0)).isEmpty();
    assertThat(some(sandbox, 1)).hasSize(1);
    byte[] many = some(sandbox, 1 << 20);
    boolean[] values = new boolean[256];
    for (int i = many.length - 4096; i < many.length; i++) {
      values[many[i] & 0xff] = true;
    }
    assertThat(values).doesNotContain(false);
  }

  @Test
  void areAsManyAsAreAskedFor() {
    long address = sandbox.call("buffer_address", long.class);
    assertThat(sandbox.<Long>call("getrandom", long.class, address, 100_000, 0)).isEqualTo(100_000);
    assertThat(sandbox.<Long>call("getrandom", long.class, address, 0, 0)).isZero();
    assertThat(sandbox.<Long>call("getrandom", long.class, address, 10, 1 | 2)).isEqualTo(10);
  }

  @Test
  void areRefusedWithTheManualsErrors() {
    long address = sandbox.call("buffer_address", long.class);
    assertThat(sandbox.<Long>call("getrandom", long.class, address, 10, 8)).isEqualTo(EINVAL);
    assertThat(sandbox.<Long>call("getrandom", long.class, address, 10, 2 | 4)).isEqualTo(EINVAL);
    assertThat(sandbox.<Long>call("getrandom", long.class, 0, 10, 0)).isEqualTo(EFAULT);
    assertThat(sandbox.<Long>call("getrandom", long.class, 0x1_0000, 10, 0)).isEqualTo(EFAULT);
    assertThat(sandbox.<Long>call("getrandom", long.class, Long.MAX_VALUE, Long.MAX_VALUE, 0))
        .isEqualTo(EFAULT);
  }

  @Test
  void cannotGoWhereTheGuestCannotWrite() {
    assertThatThrownBy(() -> sandbox.call("into_code", void.class))
        .isInstanceOf(GuestAbortException.class)
        .hasMessageContaining("not the guest's to write");
  }
}
