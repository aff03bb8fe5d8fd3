package io.hyperlight.calls;

import static io.hyperlight.testing.Kinds.kind;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Sandbox;
import io.hyperlight.error.ClosedException;
import io.hyperlight.error.GuestAbortException;
import io.hyperlight.error.GuestErrorException;
import io.hyperlight.error.SandboxUnusableException;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.HardwareLaneQuick;
import io.hyperlight.testing.SourceFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests errors that a guest reports, and errors over which it aborts. */
@HardwareLaneQuick
class GuestErrorTest {
  private static final String PROGRAM = SourceFile.of(GuestErrorTest.class, "guest_errors.c");

  private static Sandbox sandbox() {
    return Sandbox.builder(CompiledGuest.of(PROGRAM)).build();
  }

  private static void assertUnusable(Sandbox sandbox) {
    assertThatThrownBy(() -> sandbox.call("count_up", long.class))
        .isInstanceOf(SandboxUnusableException.class)
        .hasCauseInstanceOf(GuestAbortException.class);
  }

  @Test
  void anErrorIsReportedAndTheSandboxStaysUsable() {
    try (Sandbox sandbox = sandbox()) {
      for (int i = 0; i < 3; i++) {
        String message = "no. %d: \ud83d\ude00".formatted(i);
        assertThatThrownBy(() -> sandbox.call("fail", String.class, message))
            .satisfies(kind(GuestErrorException.Kind.REPORTED))
            .hasMessage(message);
      }
      assertThat(sandbox.call("count_up", long.class)).isEqualTo(4);
    }
  }

  @Test
  void theLastErrorIsTheOneReported() {
    try (Sandbox sandbox = sandbox()) {
      assertThatThrownBy(() -> sandbox.call("fail_twice", void.class))
          .satisfies(kind(GuestErrorException.Kind.REPORTED))
          .hasMessage("second");
    }
  }

  @Test
  void anErrorWhoseMessageCannotBeReadIsStillAnError() {
    try (Sandbox sandbox = sandbox()) {
      for (long address : new long[] {0, -1, Long.MAX_VALUE, 0x8000_0000_0000L}) {
        assertThatThrownBy(() -> sandbox.call("fail_at", void.class, address, 10L))
            .satisfies(kind(GuestErrorException.Kind.REPORTED))
            .hasMessageContaining("a message that cannot be read");
      }
      assertThat(sandbox.call("count_up", long.class)).isEqualTo(1);
    }
  }

  @Test
  void aLongMessageIsCut() {
    try (Sandbox sandbox = sandbox()) {
      assertThatThrownBy(() -> sandbox.call("fail", String.class, "x".repeat(100_000)))
          .satisfies(kind(GuestErrorException.Kind.REPORTED))
          .hasMessage("x".repeat(1 << 16));
    }
  }

  @Test
  void abortingEndsTheCallAndLeavesTheSandboxUnusable() {
    try (Sandbox sandbox = sandbox()) {
      assertThatThrownBy(
              () -> sandbox.call("abort_with", void.class, (Object) "enough".getBytes(US_ASCII)))
          .isInstanceOf(GuestAbortException.class)
          .hasMessage("the guest aborted: enough");
      assertUnusable(sandbox);
      assertUnusable(sandbox);
    }
  }

  @Test
  void abortOfTheLibraryNamesItself() {
    try (Sandbox sandbox = sandbox()) {
      assertThatThrownBy(() -> sandbox.call("call_abort", void.class))
          .isInstanceOf(GuestAbortException.class)
          .hasMessageContaining("abort() was called");
      assertUnusable(sandbox);
    }
  }

  @Test
  void anAbortAfterAnErrorIsAnAbort() {
    try (Sandbox sandbox = sandbox()) {
      assertThatThrownBy(() -> sandbox.call("fail_and_abort", void.class))
          .isInstanceOf(GuestAbortException.class)
          .hasMessageContaining("abort");
      assertUnusable(sandbox);
    }
  }

  @Test
  void anAbortMessageNeedNotBeUtf8() {
    try (Sandbox sandbox = sandbox()) {
      assertThatThrownBy(
              () -> sandbox.call("abort_with", void.class, (Object) new byte[] {'a', -1, 'b'}))
          .isInstanceOf(GuestAbortException.class)
          .hasMessageContaining("a\ufffdb");
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1, Long.MIN_VALUE, 0xffff_8000_0000_0000L})
  void anAbortWhoseMessageCannotBeReadIsStillAnAbort(long address) {
    try (Sandbox sandbox = sandbox()) {
      assertThatThrownBy(() -> sandbox.call("abort_at", void.class, address, -1L))
          .isInstanceOf(GuestAbortException.class)
          .hasMessageContaining("a message that cannot be read");
      assertUnusable(sandbox);
    }
  }

  @Test
  void anUnusableSandboxCanBeClosed() {
    Sandbox sandbox = sandbox();
    assertThatThrownBy(() -> sandbox.call("call_abort", void.class))
        .isInstanceOf(GuestAbortException.class);
    sandbox.close();
    assertThatThrownBy(() -> sandbox.call("count_up", long.class))
        .satisfies(kind(ClosedException.Kind.SANDBOX));
  }
}
