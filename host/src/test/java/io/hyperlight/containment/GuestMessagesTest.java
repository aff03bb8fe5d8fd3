package io.hyperlight.containment;

import static io.hyperlight.testing.Kinds.assertThatExceptionOfKind;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.error.GuestErrorException;
import io.hyperlight.error.GuestExitException;
import io.hyperlight.error.HostFunctionException;
import io.hyperlight.error.InvalidCallException;
import io.hyperlight.error.SandboxInUseException;
import io.hyperlight.testing.CompiledGuest;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Limits what a guest can say in messages, and when. */
class GuestMessagesTest {
  private static final Guest GUEST =
      CompiledGuest.of(
          """
          #include <hyperlight.h>
          HL_EXPORT(void, report, hl_string)
          void report(hl_string message) { hl_error(message); }
          HL_EXPORT(void, print, hl_string)
          void print(hl_string message) { hl_print(message); }
          static void system_call(uint64_t number, uint64_t a, uint64_t b, uint64_t c)
          {
              __asm__ volatile("syscall" : "+a"(number) : "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
          }
          HL_EXPORT(void, exit_saying, hl_string)
          void exit_saying(hl_string message)
          {
              system_call(1, 2, (uint64_t)message.data, message.size);
              system_call(231, 3, 0, 0);
          }
          """);

  @Test
  void messagesKeepLinesAndTabsAndLoseOtherControlCharacters() {
    try (Sandbox sandbox = Sandbox.builder(GUEST).build()) {
      assertThatExceptionOfKind(GuestErrorException.Kind.REPORTED)
          .isThrownBy(() -> sandbox.call("report", void.class, "a\tb\nc\u001b[31m\u0000\u009b"))
          .withMessage("a\tb\nc\ufffd[31m\ufffd\ufffd");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " \n"})
  void anErrorWithoutAMessageSaysSo(String message) {
    try (Sandbox sandbox = Sandbox.builder(GUEST).build()) {
      assertThatExceptionOfKind(GuestErrorException.Kind.REPORTED)
          .isThrownBy(() -> sandbox.call("report", void.class, message))
          .withMessage("the guest reported an error and no message");
    }
  }

  @Test
  void whatAProgramSaidLastLosesThemToo() {
    PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false);
    try (Sandbox sandbox = Sandbox.builder(GUEST).hostError(nowhere).build()) {
      assertThatExceptionOfType(GuestExitException.class)
          .isThrownBy(
              () -> sandbox.call("exit_saying", void.class, "a\tb\nc\u001b[31m\u0000\u009b"))
          .withMessageEndingWith(": a\tb\nc\ufffd[31m\ufffd\ufffd");
    }
  }

  @Test
  void aPrintStreamCannotUseTheSandboxThatPrints() {
    AtomicReference<Sandbox> own = new AtomicReference<>();
    PrintStream stream =
        new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8) {
          @Override
          public void write(byte[] bytes, int from, int length) {
            own.get().call("print", void.class, "again");
          }
        };
    try (Sandbox sandbox = Sandbox.builder(GUEST).hostPrint(stream).build()) {
      own.set(sandbox);
      assertThatExceptionOfType(HostFunctionException.class)
          .isThrownBy(() -> sandbox.call("print", void.class, "once"))
          .havingCause()
          .isInstanceOf(SandboxInUseException.class)
          .withMessageContaining("the sandbox that is calling it");
    }
  }

  @Test
  @SuppressWarnings("NullAway") // a caller without null checks can do this
  void aNullArrayOfArgumentsIsRefused() {
    try (Sandbox sandbox = Sandbox.builder(GUEST).build()) {
      assertThatExceptionOfKind(InvalidCallException.Kind.INVALID_ARGUMENT)
          .isThrownBy(() -> sandbox.call("print", void.class, (Object[]) null))
          .withMessageContaining("array of arguments is null");
    }
  }
}
