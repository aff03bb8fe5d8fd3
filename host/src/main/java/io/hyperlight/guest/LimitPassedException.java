package io.hyperlight.guest;

/** The guest has written or used more than it may; thrown by whoever counts. */
public final class LimitPassedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Without a stack trace, which would be the host's.
   *
   * @param what which limit, and how much it is
   */
  public LimitPassedException(String what) {
    super(what, null, false, false);
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
