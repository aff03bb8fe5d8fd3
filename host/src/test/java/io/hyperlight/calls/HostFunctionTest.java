package io.hyperlight.calls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.hyperlight.HostFunction;
import io.hyperlight.Sandbox;
import io.hyperlight.SandboxInternals;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.HostFunctionException;
import io.hyperlight.error.SandboxInUseException;
import io.hyperlight.error.SandboxUnusableException;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.HardwareLaneQuick;
import io.hyperlight.testing.SourceFile;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests what the guest and the caller see when host functions fail or misbehave. */
@HardwareLaneQuick
class HostFunctionTest {
  private static final String PROGRAM = SourceFile.of(HostFunctionTest.class, "host_functions.c");

  private static Sandbox sandbox(HostFunction.Of1<Integer, @Nullable Object> ask) {
    return builder(ask).build();
  }

  private static Sandbox.Builder builder(HostFunction.Of1<Integer, @Nullable Object> ask) {
    return Sandbox.builder(CompiledGuest.of(PROGRAM))
        .hostFunction("ask", ask)
        .hostAction("tell", (String _) -> {});
  }

  private static HostFunction.Of1<Integer, @Nullable Object> throwing(Exception exception) {
    return _ -> {
      throw exception;
    };
  }

  private static void assertUnusable(Sandbox sandbox, Class<? extends Throwable> cause) {
    assertThatThrownBy(() -> sandbox.call("add", int.class, 1, 2))
        .isInstanceOf(SandboxUnusableException.class)
        .hasCauseInstanceOf(cause);
  }

  @ParameterizedTest
  @MethodSource("exceptions")
  void anExceptionReachesTheCallerAsTheCause(Exception exception) {
    try (Sandbox sandbox = sandbox(throwing(exception))) {
      HostFunctionException caught =
          catchThrowableOfType(
              HostFunctionException.class, () -> sandbox.call("pass_on", int.class, 1));
      assertThat(caught).hasMessageContaining("ask").cause().isSameAs(exception);
      assertThat(caught.function()).isEqualTo("int ask(int)");
      assertUnusable(sandbox, HostFunctionException.class);
    }
  }

  private static Stream<Exception> exceptions() {
    return Stream.of(
        new IllegalArgumentException("unchecked"),
        new IOException("checked"),
        new InterruptedException("interrupted"),
        SandboxInternals.closedException("one of our own"));
  }

  @Test
  void theUnusableSandboxStillKnowsWhy() {
    IOException exception = new IOException("no answer");
    try (Sandbox sandbox = sandbox(throwing(exception))) {
      assertThatThrownBy(() -> sandbox.call("pass_on", int.class, 1));
      assertThatThrownBy(() -> sandbox.call("add", int.class, 1, 2))
          .isInstanceOf(SandboxUnusableException.class)
          .hasMessageContaining("no answer")
          .hasRootCause(exception);
    }
  }

  @Test
  void aGuestThatTriesHandlesTheFailureItself() {
    AtomicInteger calls = new AtomicInteger();
    try (Sandbox sandbox =
        sandbox(question -> {
          calls.incrementAndGet();
          if (question < 0) {
            throw new IOException("negative");
          }
          return question * 2;
        })) {
      assertThat(sandbox.call("pass_on_carefully", int.class, -1)).isEqualTo(-1);
      assertThat(sandbox.call("pass_on_carefully", int.class, 21)).isEqualTo(42);
      assertThat(sandbox.call("pass_on", int.class, 21)).isEqualTo(43);
    }
    assertThat(calls).hasValue(3);
  }

  @Test
  void aGuestThatTriesSeesTheFailureOfAnAction() {
    AtomicReference<String> told = new AtomicReference<>("");
    try (Sandbox sandbox =
        Sandbox.builder(CompiledGuest.of(PROGRAM))
            .hostFunction("ask", (Integer a) -> a)
            .hostAction(
                "tell",
                (String news) -> {
                  if (!told.compareAndSet("", news)) {
                    throw new IllegalStateException("told already");
                  }
                })
            .build()) {
      assertThat(sandbox.call("report", String.class)).isEqualTo("told");
      assertThat(sandbox.call("report", String.class)).isEqualTo("not told");
    }
    assertThat(told).hasValue("news");
  }

  @Test
  void givingUpReportsTheLastFailure() {
    try (Sandbox sandbox =
        sandbox(question -> {
          if (question == 1) {
            throw new IOException("the first");
          }
          return question;
        })) {
      assertThatThrownBy(() -> sandbox.call("give_up_late", int.class))
          .isInstanceOf(HostFunctionException.class)
          .hasRootCauseMessage("the first");
    }
  }

  @Test
  void givingUpWithoutAFailureIsAProtocolViolation() {
    try (Sandbox sandbox = sandbox(throwing(new IOException("of an earlier call")))) {
      assertThat(sandbox.call("pass_on_carefully", int.class, 1)).isEqualTo(-1);
      assertThatThrownBy(() -> sandbox.call("give_up", void.class))
          .isInstanceOfSatisfying(
              GuestFaultException.class,
              e -> assertThat(e.kind()).isEqualTo(GuestFaultException.Kind.PROTOCOL_VIOLATION));
    }
  }

  @Test
  void anErrorReachesTheCallerItselfAndLeavesTheSandboxUnusable() {
    Error error = new AssertionError("not for guests");
    try (Sandbox sandbox =
        sandbox(_ -> {
          throw error;
        })) {
      assertThatThrownBy(() -> sandbox.call("pass_on_carefully", int.class, 1)).isSameAs(error);
      assertUnusable(sandbox, HostFunctionException.class);
    }
  }

  private static Stream<Arguments> wrongResults() {
    return Stream.of(
        arguments(null, "null"),
        arguments("text", "a java.lang.String"),
        arguments(1L, "a java.lang.Long"),
        arguments((short) 1, "a java.lang.Short"),
        arguments(new Object[0], "a [Ljava.lang.Object;"));
  }

  @ParameterizedTest
  @MethodSource("wrongResults")
  void aResultOfAnotherTypeIsAFailure(@Nullable Object result, String what) {
    try (Sandbox sandbox = sandbox(_ -> result)) {
      assertThat(sandbox.call("pass_on_carefully", int.class, 1)).isEqualTo(-1);
      assertThatThrownBy(() -> sandbox.call("pass_on", int.class, 1))
          .isInstanceOf(HostFunctionException.class)
          .hasMessageContaining("it returned %s where the guest declares int: return a int", what);
    }
  }

  @Test
  void aLambdaWithParametersOfOtherTypesFailsWhenItIsCalled() {
    try (Sandbox sandbox =
        Sandbox.builder(CompiledGuest.of(PROGRAM))
            .hostFunction("ask", (Long question) -> question)
            .hostAction("tell", (String _) -> {})
            .build()) {
      assertThat(sandbox.call("pass_on_carefully", int.class, 1)).isEqualTo(-1);
      assertThatThrownBy(() -> sandbox.call("pass_on", int.class, 1))
          .isInstanceOf(HostFunctionException.class)
          .hasCauseInstanceOf(ClassCastException.class);
    }
  }

  @Test
  void aHostFunctionCannotUseTheSandboxThatIsCallingIt() {
    AtomicReference<Sandbox> self = new AtomicReference<>();
    AtomicReference<@Nullable Throwable> refusal = new AtomicReference<>();
    try (Sandbox sandbox =
        sandbox(question -> {
          Sandbox own = self.get();
          try {
            return question == 0
                ? own.call("add", int.class, 1, 2)
                : own.function("add").invoke(1, 2);
          } catch (SandboxInUseException e) {
            refusal.set(e);
            return 5;
          } catch (Throwable t) {
            throw new AssertionError(t);
          }
        })) {
      self.set(sandbox);
      for (int question = 0; question < 2; question++) {
        refusal.set(null);
        assertThat(sandbox.call("pass_on", int.class, question)).isEqualTo(6);
        assertThat(refusal.get())
            .isInstanceOf(SandboxInUseException.class)
            .hasMessageContaining("a host function cannot use the sandbox that is calling it");
      }
      assertThat(sandbox.call("add", int.class, 1, 2)).isEqualTo(3);
    }
  }

  @Test
  void aHostFunctionCannotCloseTheSandboxThatIsCallingIt() {
    AtomicReference<Sandbox> self = new AtomicReference<>();
    try (Sandbox sandbox =
        sandbox(question -> {
          self.get().close();
          return question;
        })) {
      self.set(sandbox);
      assertThat(sandbox.call("pass_on_carefully", int.class, 1)).isEqualTo(-1);
      assertThat(sandbox.call("add", int.class, 1, 2)).isEqualTo(3);
    }
  }

  @Test
  void aHostFunctionMayUseOtherSandboxes() {
    try (Sandbox third = sandbox(question -> question);
        Sandbox second = sandbox(question -> third.call("pass_on", int.class, question));
        Sandbox first = sandbox(question -> second.call("pass_on", int.class, question))) {
      assertThat(first.call("pass_on", int.class, 39)).isEqualTo(42);
      assertThat(second.call("pass_on", int.class, 40)).isEqualTo(42);
    }
  }

  @Test
  void aHostFunctionCannotComeBackThroughAnotherSandbox() {
    AtomicReference<Sandbox> outer = new AtomicReference<>();
    try (Sandbox inner = sandbox(question -> outer.get().call("add", int.class, question, 1));
        Sandbox sandbox = sandbox(question -> inner.call("pass_on", int.class, question))) {
      outer.set(sandbox);
      assertThatThrownBy(() -> sandbox.call("pass_on", int.class, 1))
          .isInstanceOf(HostFunctionException.class)
          .cause()
          .isInstanceOf(HostFunctionException.class)
          .cause()
          .isInstanceOf(SandboxInUseException.class);
    }
  }

  @Test
  void aHostFunctionMayBuildAndCloseSandboxes() {
    try (Sandbox sandbox =
        sandbox(question -> {
          try (Sandbox inner = sandbox(_ -> 0)) {
            return inner.call("add", int.class, question, 1);
          }
        })) {
      assertThat(sandbox.call("pass_on", int.class, 40)).isEqualTo(42);
    }
  }

  /** A stream whose every write throws. A {@link PrintStream} hides IOException only. */
  private static PrintStream brokenStream(Throwable problem) {
    return new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8) {
      @Override
      public void write(byte[] bytes, int from, int length) {
        if (problem instanceof Error error) {
          throw error;
        }
        throw (RuntimeException) problem;
      }
    };
  }

  @Test
  void anExceptionOfTheOutputStreamEndsTheCall() {
    RuntimeException problem = new IllegalStateException("the stream is broken");
    try (Sandbox sandbox = builder(a -> a).hostPrint(brokenStream(problem)).build()) {
      assertThatThrownBy(() -> sandbox.call("print", void.class))
          .isInstanceOf(HostFunctionException.class)
          .cause()
          .isSameAs(problem);
      assertUnusable(sandbox, HostFunctionException.class);
    }
  }

  @Test
  void anErrorOfTheOutputStreamReachesTheCallerAndLeavesTheSandboxUnusable() {
    Error problem = new AssertionError("the stream is broken");
    try (Sandbox sandbox = builder(a -> a).hostPrint(brokenStream(problem)).build()) {
      assertThatThrownBy(() -> sandbox.call("print", void.class)).isSameAs(problem);
      assertUnusable(sandbox, HostFunctionException.class);
    }
  }

  @Test
  void theOutputStreamCannotUseTheSandboxEither() {
    AtomicReference<Sandbox> self = new AtomicReference<>();
    PrintStream stream =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8) {
          @Override
          public void write(byte[] bytes, int from, int length) {
            self.get().call("add", int.class, 1, 2);
          }
        };
    try (Sandbox sandbox = builder(a -> a).hostPrint(stream).build()) {
      self.set(sandbox);
      assertThatThrownBy(() -> sandbox.call("print", void.class))
          .isInstanceOf(HostFunctionException.class)
          .cause()
          .isInstanceOf(SandboxInUseException.class);
    }
  }
}
