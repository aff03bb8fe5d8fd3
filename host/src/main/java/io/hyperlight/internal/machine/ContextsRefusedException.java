package io.hyperlight.internal.machine;

/** A VM cannot have another context. The message says why. */
public final class ContextsRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Why there can be no other context. */
  public enum Reason {
    /** The vCPU has a thread of its own, and runs one context. */
    EXITLESS,
    /** There are as many contexts as a VM can have. */
    TOO_MANY
  }

  private final Reason reason;

  ContextsRefusedException(Reason reason) {
    super(
        switch (reason) {
          case EXITLESS -> "a guest without exits has one thread";
          case TOO_MANY -> "a guest cannot have so many threads";
        });
    this.reason = reason;
  }

  /** Returns the reason. */
  public Reason reason() {
    return reason;
  }
}
