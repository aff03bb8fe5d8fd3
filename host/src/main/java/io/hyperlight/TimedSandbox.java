package io.hyperlight;

import io.hyperlight.error.GuestTimeoutException;
import io.hyperlight.error.InvalidCallException;
import java.lang.invoke.MethodHandle;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Sandbox} seen as one whose calls may take a certain time, instead of the {@link
 * Limits#callTimeout} that it was made with. The sandbox itself is not changed: views with several
 * times can be used in turn. Threads may share it as they may share the sandbox.
 */
public final class TimedSandbox {
  private final Sandbox sandbox;
  private final Duration timeout;
  private final long timeoutNanos;

  TimedSandbox(Sandbox sandbox, Duration timeout) {
    this.sandbox = sandbox;
    this.timeout = timeout;
    timeoutNanos = Limits.nanos("call timeout", timeout);
  }

  /**
   * As {@link Sandbox#call}.
   *
   * @param <T> the result's type, boxed
   * @param name the function's name
   * @param resultType the Java type of the declared result
   * @param arguments of the declared types; a smaller integer type is widened
   * @return the result; null for void
   * @throws GuestTimeoutException if it takes longer
   * @throws InvalidCallException and the other exceptions of {@link Sandbox#call}
   */
  public <T> T call(String name, Class<T> resultType, @Nullable Object... arguments) {
    return sandbox.call(timeoutNanos, name, resultType, arguments);
  }

  /**
   * As {@link Sandbox#function}: a handle whose calls may take this time each.
   *
   * @param name the function's name
   * @return the handle, bound to the sandbox
   * @throws InvalidCallException if the guest exports no such function
   */
  public MethodHandle function(String name) {
    return sandbox.function(timeoutNanos, name);
  }

  /**
   * As {@link Sandbox#serve}.
   *
   * @param request the bytes; they are copied
   * @return the answer
   * @throws GuestTimeoutException if it takes longer
   * @throws NotServingException and the other exceptions of {@link Sandbox#serve}
   */
  public byte[] serve(byte[] request) {
    return sandbox.serve(timeoutNanos, request);
  }

  @Override
  public String toString() {
    return "%s within %s".formatted(sandbox, timeout);
  }
}
