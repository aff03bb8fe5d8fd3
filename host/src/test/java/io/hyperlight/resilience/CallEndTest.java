package io.hyperlight.resilience;

import static org.assertj.core.api.Assertions.assertThatCode;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.SandboxPool;
import io.hyperlight.Snapshot;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.StackErrors;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** If the last step of a call finds the stack full, the sandbox can still be used afterwards. */
@NotInHardwareLane("Says nothing about the processor.")
class CallEndTest {
  private static final String PROGRAM =
      """
      #include <hyperlight.h>
      HL_EXPORT(int32_t, one)
      int32_t one(void) { return 1; }
      HL_EXPORT(void, fault)
      void fault(void) { *(volatile char *)8 = 1; }
      """;

  @Test
  void aCallThatCannotEndGivesTheSandboxFreeAllTheSame() {
    assertThatCode(() ->
            ((Runnable)
                    new StackErrors.Loader("io.hyperlight.internal.call.FunctionCall", "end")
                        .loadClass("io.hyperlight.resilience.CallEndTest$Calls")
                        .getConstructor(Path.class)
                        .newInstance(CompiledGuest.fileOf(PROGRAM)))
                .run())
        .doesNotThrowAnyException();
  }

  /** What is done with the library whose calls cannot end. */
  public static final class Calls implements Runnable {
    private final Path guest;

    /** For the loader. */
    public Calls(Path guest) {
      this.guest = guest;
    }

    @Override
    public void run() {
      try (Sandbox original = Sandbox.builder(Guest.load(guest)).build();
          Snapshot snapshot = original.snapshot();
          Sandbox sandbox = snapshot.spawn()) {
        for (int round = 0; round < 3; round++) {
          // At the end of the call, and in the handler of the resulting error.
          overflow(() -> sandbox.call("one", int.class));
          one(sandbox);
          overflow(() -> sandbox.call("fault", void.class));
          sandbox.restore(snapshot);
          one(sandbox);
        }
        try (SandboxPool pool =
            SandboxPool.builder(snapshot).size(1).maxWait(Duration.ofMinutes(1)).build()) {
          for (int round = 0; round < 3; round++) {
            overflow(() -> pool.call("one", int.class));
          }
          if (pool.<Integer>call("one", int.class) != 1) {
            throw new AssertionError("wrong answer");
          }
        }
      }
    }

    private static void one(Sandbox sandbox) {
      if (sandbox.<Integer>call("one", int.class) != 1) {
        throw new AssertionError("wrong answer");
      }
    }

    private static void overflow(Runnable call) {
      StackErrors.failNext(2);
      try {
        call.run();
        throw new AssertionError("the call has ended");
      } catch (StackOverflowError | GuestFaultException e) {
        // As expected.
      } finally {
        StackErrors.failNext(0);
      }
    }
  }
}
