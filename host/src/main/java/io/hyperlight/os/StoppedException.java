package io.hyperlight.os;

/**
 * The call that this was done for is to end; thrown by {@link Checkpoint}. Why, knows who stopped
 * it.
 */
public final class StoppedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The only one: it has no stack trace and nothing else of its own. */
  @SuppressWarnings("StaticAssignmentOfThrowable")
  public static final StoppedException INSTANCE = new StoppedException();

  private StoppedException() {
    super("the call is to end", null, false, false);
  }
}
