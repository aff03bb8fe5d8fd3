package io.hyperlight.internal.hypervisor.fake;

import io.hyperlight.internal.hypervisor.HypervisorCallException;
import io.hyperlight.internal.os.Errno;

/** The fake refuses a call, or a test told it to fail. */
public final class FakeCallException extends HypervisorCallException {
  private static final long serialVersionUID = 1L;

  private final int errno;

  FakeCallException(String call, int errno) {
    super(call + " failed: " + Errno.describe(errno));
    this.errno = errno;
  }

  @Override
  public boolean isRefusal() {
    return errno == Errno.EINVAL || errno == Errno.ENOTTY;
  }

  /** Returns the error number that a kernel would return. */
  public int errno() {
    return errno;
  }
}
