package io.hyperlight.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Sandbox;
import io.hyperlight.error.GuestAbortException;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.testing.Held;
import io.hyperlight.testing.HostileGuest;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Sandboxes hold resources of the process while they are open, and release all of them. */
final class SandboxResourcesTest {
  private static final int SANDBOXES = Integer.getInteger("hyperlight.test.sandboxes", 1000);

  /** So large that a leaked sandbox is more than the JVM takes by itself. */
  private static final long MEMORY_SIZE = 1L << 30;

  private static final String FUNCTIONS =
      """
      HL_EXPORT(void, fault)
      void fault(void)
      {
          store(0);
      }

      HL_EXPORT(void, abort_it)
      void abort_it(void)
      {
          hl_abort(HL_STR("enough"));
      }
      """;

  private static final String FAULTING_INITIALISER =
      """
      __attribute__((constructor)) static void begin(void)
      {
          store(0);
      }
      """;

  private static Sandbox.Builder builder() {
    return HostileGuest.builder(FUNCTIONS).memorySize(MEMORY_SIZE);
  }

  @Test
  void areTwoDescriptorsAndAMapping() throws IOException {
    builder().build().close();
    Held before = Held.now(MEMORY_SIZE);
    try (Sandbox sandbox = builder().build()) {
      assertThat(sandbox.<Integer>call("ping", int.class, 1)).isEqualTo(2);
      Held during = Held.now(MEMORY_SIZE);
      assertThat(during.descriptors()).isEqualTo(before.descriptors() + 2);
      assertThat(during.mappings()).isEqualTo(before.mappings() + 1);
      assertThat(during.virtualMemory()).isGreaterThan(before.virtualMemory());
    }
    assertThat(Held.now(MEMORY_SIZE)).isEqualTo(before);
  }

  @Test
  void areGivenBackByEverySandboxHoweverItEnded() throws IOException {
    useAndClose(0);
    useAndClose(1);
    Held before = Held.now(MEMORY_SIZE);
    for (int i = 0; i < SANDBOXES; i++) {
      useAndClose(i);
    }
    assertThat(Held.now(MEMORY_SIZE)).isEqualTo(before);
  }

  private static void useAndClose(int number) {
    if (number % 10 == 9) {
      assertThatThrownBy(HostileGuest.builder(FAULTING_INITIALISER).memorySize(MEMORY_SIZE)::build)
          .isInstanceOf(GuestFaultException.class);
      return;
    }
    try (Sandbox sandbox = builder().build()) {
      assertThat(sandbox.<Integer>call("ping", int.class, number)).isEqualTo(number + 1);
      if (number % 3 == 1) {
        assertThatThrownBy(() -> sandbox.call("fault", void.class))
            .isInstanceOf(GuestFaultException.class);
      } else if (number % 3 == 2) {
        assertThatThrownBy(() -> sandbox.call("abort_it", void.class))
            .isInstanceOf(GuestAbortException.class);
      }
    }
  }
}
