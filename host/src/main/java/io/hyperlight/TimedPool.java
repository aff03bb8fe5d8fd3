package io.hyperlight;

import io.hyperlight.error.GuestTimeoutException;
import io.hyperlight.error.PoolException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A {@link SandboxPool} seen as one whose calls may take a certain time from their beginning to
 * their end, whatever it is spent on: waiting for a sandbox, until one is made or cleaned, or the
 * call itself. The pool is not changed: views with several times can be used at the same time, by
 * any number of threads.
 */
public final class TimedPool {
  private final SandboxPool pool;
  private final Duration timeout;
  private final long timeoutNanos;

  TimedPool(SandboxPool pool, Duration timeout) {
    this.pool = pool;
    this.timeout = timeout;
    timeoutNanos = Limits.nanos("timeout", timeout);
  }

  /**
   * As {@link SandboxPool#call}.
   *
   * @param <T> the result's type, boxed
   * @param name the function's name
   * @param resultType the Java type of the declared result
   * @param arguments of the declared types; a smaller integer type is widened
   * @return the result; null for void
   * @throws PoolException if the time has passed before there is a sandbox
   * @throws GuestTimeoutException if it passes in the call; the message says how much of it was
   *     left for that
   * @throws PoolException and the other exceptions of {@link SandboxPool#call}
   */
  public <T> T call(String name, Class<T> resultType, @Nullable Object... arguments) {
    return pool.call(timeoutNanos, name, resultType, arguments);
  }

  /**
   * As {@link SandboxPool#serve}.
   *
   * @param request the bytes; they are copied
   * @return the answer
   * @throws PoolException if the time has passed before there is a sandbox
   * @throws GuestTimeoutException if it passes in the call; the message says how much of it was
   *     left for that
   * @throws PoolException and the other exceptions of {@link SandboxPool#serve}
   */
  public byte[] serve(byte[] request) {
    return pool.serve(timeoutNanos, request);
  }

  @Override
  public String toString() {
    return "%s within %s".formatted(pool, timeout);
  }
}
