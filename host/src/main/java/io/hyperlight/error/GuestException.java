package io.hyperlight.error;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A call ended because of something that the guest did. The JVM and all other sandboxes are not
 * affected.
 *
 * <p>Each subclass says whether the sandbox stays usable. It does if the guest's function ran to
 * its end. If guest code was left in the middle, the sandbox is unusable until it is restored.
 */
public abstract sealed class GuestException extends HyperlightException
    permits GuestAbortException,
        GuestDeadlockException,
        GuestErrorException,
        GuestExitException,
        GuestFaultException,
        GuestLimitException,
        GuestTimeoutException {
  private static final long serialVersionUID = 1L;

  /** How many threads a message lists. */
  private static final int LISTED = 32;

  /** Empty unless the guest had several threads. */
  @SuppressWarnings("serial") // List.copyOf makes a serialisable list
  private final List<GuestThread> threads;

  GuestException(@Nullable String message, @Nullable Throwable cause) {
    this(message, cause, List.of());
  }

  GuestException(@Nullable String message, @Nullable Throwable cause, List<GuestThread> threads) {
    super(message, cause);
    this.threads = List.copyOf(threads);
  }

  /**
   * {@return the threads that the guest had when the call ended, the oldest first; empty if it had
   * one, or if its threads do not matter for the end of the call}
   */
  public final List<GuestThread> threads() {
    return threads;
  }

  @Override
  public @Nullable String getMessage() {
    return withThreads(super.getMessage());
  }

  /** Adds the threads to a message. */
  final @Nullable String withThreads(@Nullable String message) {
    if (threads.isEmpty()) {
      return message;
    }
    StringBuilder all = new StringBuilder().append(message);
    for (GuestThread thread : threads.subList(0, Math.min(LISTED, threads.size()))) {
      all.append("\n  ").append(thread);
    }
    if (threads.size() > LISTED) {
      all.append("\n  and %d more".formatted(threads.size() - LISTED));
    }
    return all.toString();
  }
}
