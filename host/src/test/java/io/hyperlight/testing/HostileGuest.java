package io.hyperlight.testing;

import static io.hyperlight.testing.Kinds.kind;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.error.ClosedException;
import io.hyperlight.error.GuestAbortException;
import io.hyperlight.error.GuestErrorException;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.HostFunctionException;
import io.hyperlight.error.HyperlightException;
import io.hyperlight.error.InvalidCallException;
import io.hyperlight.error.SandboxUnusableException;
import java.util.Objects;
import org.assertj.core.api.Assertions;
import org.jspecify.annotations.Nullable;

/**
 * A hostile guest in a sandbox of its own, and the checks after each of its attacks. The exception
 * has to be one of the library's. A sandbox whose guest was left in the middle has to be unusable
 * for exactly that reason. Any other sandbox has to work, including one that was open all the time.
 */
public final class HostileGuest implements AutoCloseable {
  /** The C code that attacks are written with. */
  private static final String PRELUDE = SourceFile.of(HostileGuest.class, "hostile_guest.c");

  /** How an attack ended: with a result, or an exception. */
  public record Ending(@Nullable Object result, @Nullable HyperlightException exception) {
    public GuestFaultException fault() {
      assertThat(exception).isInstanceOf(GuestFaultException.class);
      return (GuestFaultException) Objects.requireNonNull(exception);
    }
  }

  private static final Guest BYSTANDER = CompiledGuest.of(PRELUDE);
  private static @Nullable Sandbox bystander;

  private final Sandbox sandbox;

  /** Starts a guest made of the prelude and some functions. */
  public HostileGuest(String functions) {
    sandbox = builder(functions).build();
  }

  HostileGuest(Sandbox sandbox) {
    this.sandbox = sandbox;
  }

  public static Sandbox.Builder builder(String functions) {
    return withHostFunctions(Sandbox.builder(CompiledGuest.of(PRELUDE + functions)));
  }

  private static Sandbox.Builder withHostFunctions(Sandbox.Builder builder) {
    return builder
        .hostFunction("twice", (Long number) -> 2 * number)
        .hostFunction("echo", (String text) -> text)
        .hostAction("join", (String text, byte[] bytes) -> {})
        .hostAction("take_flag", (Boolean flag) -> {})
        .hostAction("take_unsigned", (Long number) -> {})
        .hostFunction("zeroes", (Integer size) -> new byte[size])
        .hostAction(
            "fail",
            () -> {
              throw new IllegalStateException("as asked");
            });
  }

  public Sandbox sandbox() {
    return sandbox;
  }

  /** Runs an attack and makes the checks that apply however it ends. */
  public Ending attack(String function, Object... arguments) {
    Ending ending = run(function, arguments);
    if (leavesUnusable(ending.exception)) {
      assertUnusable(ending.exception);
    } else {
      assertThat(sandbox.<Integer>call("ping", int.class, 41)).isEqualTo(42);
    }
    assertBystanderIsFine();
    return ending;
  }

  private Ending run(String function, Object... arguments) {
    try {
      return new Ending(sandbox.call(function, Object.class, arguments), null);
    } catch (HyperlightException e) {
      return new Ending(null, e);
    }
  }

  private static boolean leavesUnusable(@Nullable HyperlightException exception) {
    return switch (exception) {
      case GuestFaultException _, GuestAbortException _, HostFunctionException _ -> true;
      case GuestErrorException _, InvalidCallException _ -> false;
      case null -> false;
      default -> Assertions.fail("no exception that a guest can cause", exception);
    };
  }

  private void assertUnusable(@Nullable HyperlightException cause) {
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> sandbox.call("ping", int.class, 41))
          .isInstanceOf(SandboxUnusableException.class)
          .cause()
          .usingRecursiveComparison()
          .ignoringFields("stackTrace", "cause", "suppressedExceptions", "detailMessage")
          .isEqualTo(cause);
    }
  }

  private static synchronized void assertBystanderIsFine() {
    if (bystander == null) {
      bystander = withHostFunctions(Sandbox.builder(BYSTANDER)).build();
    }
    assertThat(bystander.<Integer>call("ping", int.class, 1)).isEqualTo(2);
  }

  /** Closes the sandbox. This has to work whatever happened in it, any number of times. */
  @Override
  public void close() {
    sandbox.close();
    sandbox.close();
    assertThatThrownBy(() -> sandbox.call("ping", int.class, 41))
        .satisfies(kind(ClosedException.Kind.SANDBOX));
  }
}
