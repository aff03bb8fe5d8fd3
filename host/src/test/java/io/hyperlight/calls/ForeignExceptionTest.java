package io.hyperlight.calls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.error.HostFunctionException;
import io.hyperlight.error.SandboxUnusableException;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.NotInHardwareLane;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** An exception of the embedder's code may itself throw from any of its methods. */
@NotInHardwareLane("Says nothing about the processor.")
@SuppressWarnings({
  "OverrideThrowableToString",
  "ReferenceEquality",
  "ThrowableEqualsHashCode",
  "ToStringReturnsNull",
  "UnsynchronizedOverridesSynchronized"
}) // exceptions as they should not be
class ForeignExceptionTest {
  private static final String PROGRAM =
      """
      #include <hyperlight.h>
      HL_IMPORT(int64_t, fetch)
      HL_EXPORT(int64_t, use)
      int64_t use(void) { return fetch(); }
      HL_EXPORT(void, speak)
      void speak(void) { hl_print(HL_STR("x")); }
      HL_EXPORT(int32_t, one)
      int32_t one(void) { return 1; }
      """;

  private static IllegalStateException inner() {
    return new IllegalStateException("from within the exception");
  }

  /** An exception whose every method fails. */
  private static final class Everything extends RuntimeException {
    private static final long serialVersionUID = 1L;

    @Override
    public String getMessage() {
      throw inner();
    }

    @Override
    public String getLocalizedMessage() {
      throw inner();
    }

    @Override
    public Throwable getCause() {
      throw inner();
    }

    @Override
    public StackTraceElement[] getStackTrace() {
      throw inner();
    }

    @Override
    public String toString() {
      throw inner();
    }

    @Override
    public int hashCode() {
      throw inner();
    }

    @Override
    public boolean equals(Object other) {
      throw inner();
    }
  }

  /** An exception whose text never ends. */
  private static final class Endless extends RuntimeException {
    private static final long serialVersionUID = 1L;

    @Override
    @SuppressWarnings("InfiniteRecursion")
    public String toString() {
      return toString();
    }
  }

  private static final class Nothing extends RuntimeException {
    private static final long serialVersionUID = 1L;

    @Override
    @SuppressWarnings("NullAway")
    public String toString() {
      return null;
    }
  }

  private static final class Neither extends Throwable {
    private static final long serialVersionUID = 1L;

    @Override
    public String toString() {
      throw inner();
    }
  }

  private static final class UnspeakableError extends Error {
    private static final long serialVersionUID = 1L;

    @Override
    public String toString() {
      throw inner();
    }
  }

  private static final List<Supplier<Throwable>> EXCEPTIONS =
      List.of(Everything::new, Endless::new, Nothing::new, Neither::new);

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <T extends Throwable> RuntimeException sneaky(Throwable t) throws T {
    throw (T) t;
  }

  private static void assertUnusableAndThenAsBefore(Sandbox sandbox, Snapshot snapshot) {
    for (int i = 0; i < 2; i++) {
      assertThat(catchThrowable(() -> sandbox.call("one", int.class)))
          .isInstanceOf(SandboxUnusableException.class);
    }
    sandbox.restore(snapshot);
    assertThat(sandbox.<Integer>call("one", int.class)).isEqualTo(1);
  }

  @Test
  void aHostFunctionsExceptionIsToldOnceAndAsItself() {
    List<Throwable> thrown = new ArrayList<>();
    try (Sandbox original =
            Sandbox.builder(CompiledGuest.of(PROGRAM))
                .hostFunction(
                    "fetch",
                    () -> {
                      ForeignExceptionTest.<RuntimeException>sneaky(thrown.getLast());
                      return 0L;
                    })
                .build();
        Snapshot snapshot = original.snapshot();
        Sandbox sandbox = snapshot.spawn()) {
      for (Supplier<Throwable> exception : EXCEPTIONS) {
        thrown.add(exception.get());
        Throwable told = catchThrowable(() -> sandbox.call("use", long.class));
        assertThat(told == null ? null : told.getClass()).isEqualTo(HostFunctionException.class);
        Throwable cause = told.getCause();
        // A throwable that is neither an Exception nor an Error becomes the cause of one.
        boolean itself =
            cause == thrown.getLast() || (cause != null && cause.getCause() == thrown.getLast());
        assertThat(itself).isTrue();
        assertThat(told.getMessage()).startsWith("host function ");
        assertUnusableAndThenAsBefore(sandbox, snapshot);
      }
    }
  }

  @Test
  void anErrorIsThrownAsItIsAndToldLater() {
    UnspeakableError error = new UnspeakableError();
    try (Sandbox original =
            Sandbox.builder(CompiledGuest.of(PROGRAM))
                .hostFunction(
                    "fetch",
                    () -> {
                      ForeignExceptionTest.<RuntimeException>sneaky(error);
                      return 0L;
                    })
                .build();
        Snapshot snapshot = original.snapshot();
        Sandbox sandbox = snapshot.spawn()) {
      Throwable told = catchThrowable(() -> sandbox.call("use", long.class));
      assertThat(told == error).isTrue();
      assertUnusableAndThenAsBefore(sandbox, snapshot);
    }
  }

  @Test
  void whatAPrintStreamThrowsIsToldOnceAndAsItself() {
    List<Throwable> thrown = new ArrayList<>();
    PrintStream stream =
        new PrintStream(OutputStream.nullOutputStream(), false) {
          @Override
          public void write(byte[] bytes, int from, int length) {
            ForeignExceptionTest.<RuntimeException>sneaky(thrown.getLast());
          }
        };
    try (Sandbox original =
            Sandbox.builder(CompiledGuest.of(PROGRAM))
                .hostFunction("fetch", () -> 0L)
                .hostPrint(stream)
                .build();
        Snapshot snapshot = original.snapshot();
        Sandbox sandbox = snapshot.spawn()) {
      for (Supplier<Throwable> exception : EXCEPTIONS) {
        thrown.add(exception.get());
        Throwable told = catchThrowable(() -> sandbox.call("speak", void.class));
        assertThat(told == null ? null : told.getClass()).isEqualTo(HostFunctionException.class);
        assertUnusableAndThenAsBefore(sandbox, snapshot);
      }
    }
  }
}
