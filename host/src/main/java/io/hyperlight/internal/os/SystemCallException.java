package io.hyperlight.internal.os;

/**
 * A system call of the host failed. The message names the call, its object and the error number.
 */
public final class SystemCallException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int errno;

  /**
   * @param what the call and its object, such as {@code open(/dev/kvm)}
   * @param errno the error number it left
   */
  public SystemCallException(String what, int errno) {
    super(what + " failed: " + Errno.describe(errno));
    this.errno = errno;
  }

  public int errno() {
    return errno;
  }
}
