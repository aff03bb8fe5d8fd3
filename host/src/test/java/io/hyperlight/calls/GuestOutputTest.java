package io.hyperlight.calls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Sandbox;
import io.hyperlight.error.GuestAbortException;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.GuestStreamException;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.RecordingLogger;
import io.hyperlight.testing.RecordingLogger.Line;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests what a guest prints and logs. */
class GuestOutputTest {
  private static final String PROGRAM =
      """
      #include <hyperlight.h>

      HL_EXPORT(void, print, hl_bytes)
      void print(hl_bytes bytes) { hl_print((hl_string){(const char *)bytes.data, bytes.size}); }

      HL_EXPORT(void, print_twice, hl_string, hl_string)
      void print_twice(hl_string first, hl_string second)
      {
          hl_print(first);
          hl_print(second);
      }

      HL_EXPORT(void, print_at, int64_t, int64_t)
      void print_at(int64_t address, int64_t size) { hl_print((hl_string){(const char *)address, (size_t)size}); }

      HL_EXPORT(void, write_log, int, hl_string)
      void write_log(int level, hl_string message) { hl_log((enum hl_level)level, message); }

      HL_EXPORT(void, log_at, int64_t, int64_t)
      void log_at(int64_t address, int64_t size) { hl_log(HL_INFO, (hl_string){(const char *)address, (size_t)size}); }

      HL_EXPORT(int64_t, linux_write, int64_t, int64_t, int64_t)
      int64_t linux_write(int64_t descriptor, int64_t address, int64_t size)
      {
          int64_t result = 1;
          __asm__ volatile("syscall" : "+a"(result) : "D"(descriptor), "S"(address), "d"(size) : "rcx", "r11", "memory");
          return result;
      }

      HL_EXPORT(int64_t, text_address)
      int64_t text_address(void) { return (int64_t)"hello"; }
      """;

  private static final int EBADF = -9;
  private static final int EFAULT = -14;
  private static final int SIGPIPE = 13;

  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
  private final RecordingLogger logger = new RecordingLogger();

  private Sandbox sandbox() {
    return Sandbox.builder(CompiledGuest.of(PROGRAM))
        .hostPrint(new PrintStream(printed, false, StandardCharsets.UTF_8))
        .logger(logger)
        .build();
  }

  @Test
  void whatIsPrintedComesOutByteByByte() {
    byte[] bytes = new byte[256];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) i;
    }
    try (Sandbox sandbox = sandbox()) {
      sandbox.call("print", void.class, (Object) bytes);
    }
    assertThat(printed.toByteArray()).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, (3 << 20) + 7})
  void printingHasNoLimit(int size) {
    byte[] bytes = new byte[size];
    new SplittableRandom(size).nextBytes(bytes);
    try (Sandbox sandbox = sandbox()) {
      sandbox.call("print", void.class, (Object) bytes);
    }
    assertThat(Arrays.equals(printed.toByteArray(), bytes)).isTrue();
  }

  @Test
  void whatIsPrintedIsFlushedEachTime() {
    List<String> flushed = new ArrayList<>();
    OutputStream target =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            printed.write(b);
          }

          @Override
          public void flush() {
            flushed.add(printed.toString(StandardCharsets.UTF_8));
          }
        };
    try (Sandbox sandbox =
        Sandbox.builder(CompiledGuest.of(PROGRAM))
            .hostPrint(new PrintStream(target, false, StandardCharsets.UTF_8))
            .build()) {
      sandbox.call("print_twice", void.class, "one ", "two");
    }
    assertThat(flushed).containsSubsequence("one ", "one two");
  }

  @Test
  void printingOfWhatIsNotGuestMemoryAborts() {
    try (Sandbox sandbox = sandbox()) {
      assertThatThrownBy(() -> sandbox.call("print_at", void.class, 1L, 5L))
          .isInstanceOf(GuestAbortException.class)
          .hasMessageContaining("hl_print of memory that is not the guest's");
    }
    assertThat(printed.size()).isZero();
  }

  private static OutputStream failing(IOException... failures) {
    Iterator<IOException> next = List.of(failures).iterator();
    return new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        throw next.next();
      }
    };
  }

  @ParameterizedTest
  @ValueSource(ints = {5, GuestStreamException.ENOSPC, 104, 4095})
  void printingToAStreamThatFailsSaysSo(int errno) {
    IOException failure = new GuestStreamException(errno);
    try (Sandbox sandbox =
        Sandbox.builder(CompiledGuest.of(PROGRAM)).hostPrint(failing(failure)).build()) {
      assertThatThrownBy(() -> sandbox.call("print", void.class, (Object) new byte[3]))
          .isInstanceOf(GuestAbortException.class)
          .hasMessageContaining("the host's stream failed with error number " + errno);
    }
  }

  @Test
  void printingGoesOnAfterAnInterruptedWrite() {
    IOException interrupted = new InterruptedIOException();
    IOException failure = new GuestStreamException(GuestStreamException.ENOSPC);
    try (Sandbox sandbox =
        Sandbox.builder(CompiledGuest.of(PROGRAM))
            .hostPrint(failing(interrupted, interrupted, failure))
            .build()) {
      assertThatThrownBy(() -> sandbox.call("print", void.class, (Object) new byte[3]))
          .hasMessageContaining("error number " + GuestStreamException.ENOSPC);
    }
  }

  @Test
  void printingWithNobodyToReadEndsByTheSignal() {
    IOException failure = new GuestStreamException(GuestStreamException.EPIPE);
    try (Sandbox sandbox =
        Sandbox.builder(CompiledGuest.of(PROGRAM)).hostPrint(failing(failure)).build()) {
      assertThatExceptionOfType(GuestAbortException.class)
          .isThrownBy(() -> sandbox.call("print", void.class, (Object) new byte[3]))
          .satisfies(abort -> assertThat(abort.signal()).isEqualTo(SIGPIPE));
    }
  }

  @Test
  void standardOutputAndStandardErrorAreThereAndNothingElseIs() {
    try (Sandbox sandbox = sandbox()) {
      long text = sandbox.call("text_address", long.class);
      assertThat(write(sandbox, 1, text, 5)).isEqualTo(5);
      assertThat(write(sandbox, 2, text, 4)).isEqualTo(4);
      assertThat(write(sandbox, 1, text, 0)).isZero();
      assertThat(write(sandbox, 0, text, 5)).isEqualTo(EBADF);
      assertThat(write(sandbox, 3, text, 5)).isEqualTo(EBADF);
      // A descriptor is an int, and Linux looks at no more of the register.
      assertThat(write(sandbox, (1L << 32) + 1, text, 1)).isEqualTo(1);
      assertThat(write(sandbox, -1, text, 5)).isEqualTo(EBADF);
      assertThat(write(sandbox, 1, 0, 5)).isEqualTo(EFAULT);
      assertThat(write(sandbox, 1, -1, 5)).isEqualTo(EFAULT);
      assertThat(write(sandbox, 1, text, -1)).isEqualTo(EFAULT);
      assertThat(write(sandbox, 1, text, Long.MAX_VALUE)).isEqualTo(EFAULT);
    }
    assertThat(printed).hasToString("hellohellh");
  }

  private static long write(Sandbox sandbox, long descriptor, long address, long size) {
    return sandbox.call("linux_write", long.class, descriptor, address, size);
  }

  @Test
  void logLevelsAreThoseOfJava() {
    try (Sandbox sandbox = sandbox()) {
      for (int level = 0; level < 5; level++) {
        sandbox.call("write_log", void.class, level, "line " + level);
      }
    }
    assertThat(logger.lines())
        .containsExactly(
            new Line(System.Logger.Level.TRACE, "line 0"),
            new Line(System.Logger.Level.DEBUG, "line 1"),
            new Line(System.Logger.Level.INFO, "line 2"),
            new Line(System.Logger.Level.WARNING, "line 3"),
            new Line(System.Logger.Level.ERROR, "line 4"));
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 5, Integer.MAX_VALUE, Integer.MIN_VALUE})
  void anotherLogLevelIsAProtocolViolation(int level) {
    try (Sandbox sandbox = sandbox()) {
      assertThatThrownBy(() -> sandbox.call("write_log", void.class, level, "line"))
          .isInstanceOfSatisfying(
              GuestFaultException.class,
              e -> assertThat(e.kind()).isEqualTo(GuestFaultException.Kind.PROTOCOL_VIOLATION));
    }
    assertThat(logger.lines()).isEmpty();
  }

  @Test
  void aLogLineIsNoFormat() {
    try (Sandbox sandbox = sandbox()) {
      sandbox.call("write_log", void.class, 2, "{0} %s \ud83d\ude00");
    }
    assertThat(logger.lines())
        .containsExactly(new Line(System.Logger.Level.INFO, "{0} %s \ud83d\ude00"));
  }

  @Test
  void aLogLineThatCannotBeReadIsStillLogged() {
    try (Sandbox sandbox = sandbox()) {
      sandbox.call("log_at", void.class, 1L, 5L);
      sandbox.call("write_log", void.class, 2, "x".repeat(100_000));
    }
    assertThat(logger.lines()).hasSize(2);
    assertThat(logger.lines().getFirst().text()).contains("a message that cannot be read");
    assertThat(logger.lines().getLast().text()).isEqualTo("x".repeat(1 << 16));
  }
}
