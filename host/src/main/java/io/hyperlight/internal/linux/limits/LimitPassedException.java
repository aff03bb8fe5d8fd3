package io.hyperlight.internal.linux.limits;

import io.hyperlight.error.GuestLimitException;

/** Reports that a guest has used more in one call than it may. Thrown by {@link CallBudget}. */
public final class LimitPassedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final GuestLimitException.Kind kind;
  private final long most;

  /** Creates an exception without a stack trace, which would only show the host's code. */
  LimitPassedException(GuestLimitException.Kind kind, long most) {
    super("more than %d %s".formatted(most, kind.text()), null, false, false);
    this.kind = kind;
    this.most = most;
  }

  public GuestLimitException.Kind kind() {
    return kind;
  }

  /** Returns how much the guest may use. */
  public long most() {
    return most;
  }
}
