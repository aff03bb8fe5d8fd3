package io.hyperlight.internal.linux.limits;

import io.hyperlight.error.GuestLimitException;

/** The guest has used more in one call than it may; thrown by {@link CallBudget}. */
public final class LimitPassedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final GuestLimitException.Kind kind;
  private final long most;

  /** Without a stack trace, which would be the host's. */
  LimitPassedException(GuestLimitException.Kind kind, long most) {
    super("more than %d %s".formatted(most, kind.text()), null, false, false);
    this.kind = kind;
    this.most = most;
  }

  public GuestLimitException.Kind kind() {
    return kind;
  }

  /** How much it may use. */
  public long most() {
    return most;
  }
}
