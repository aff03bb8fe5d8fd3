package io.hyperlight.calls;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Sandbox;
import io.hyperlight.error.HostFunctionException;
import io.hyperlight.error.SandboxUnusableException;
import io.hyperlight.testing.HostileGuest;
import java.io.OutputStream;
import java.io.PrintStream;
import org.junit.jupiter.api.Test;

/**
 * If a call ends in the middle of guest code, the sandbox is unusable, also if the embedder's own
 * stream ended it.
 */
final class FailingOutputTest {
  private static final String FUNCTIONS =
      """
      HL_EXPORT(void, say)
      void say(void)
      {
          hl_print(HL_STR("hello"));
      }
      """;

  private static Sandbox sandbox(Throwable thrown) {
    return HostileGuest.builder(FUNCTIONS)
        .hostPrint(
            new PrintStream(OutputStream.nullOutputStream()) {
              @Override
              public void write(byte[] bytes, int offset, int length) {
                sneak(thrown);
              }
            })
        .build();
  }

  @SuppressWarnings("unchecked")
  private static <T extends Throwable> void sneak(Throwable t) throws T {
    throw (T) t;
  }

  @Test
  void anExceptionIsTheCause() {
    IllegalStateException thrown = new IllegalStateException("closed");
    try (Sandbox sandbox = sandbox(thrown)) {
      assertThatThrownBy(() -> sandbox.call("say", void.class))
          .isInstanceOf(HostFunctionException.class)
          .hasCause(thrown);
      assertUnusable(sandbox);
    }
  }

  @Test
  void anErrorIsNotHidden() {
    StackOverflowError thrown = new StackOverflowError("deep");
    try (Sandbox sandbox = sandbox(thrown)) {
      assertThatThrownBy(() -> sandbox.call("say", void.class)).isSameAs(thrown);
      assertUnusable(sandbox);
    }
  }

  private static void assertUnusable(Sandbox sandbox) {
    assertThatThrownBy(() -> sandbox.call("ping", int.class, 1))
        .isInstanceOf(SandboxUnusableException.class);
  }
}
