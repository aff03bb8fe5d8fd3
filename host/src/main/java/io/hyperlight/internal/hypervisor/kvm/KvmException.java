package io.hyperlight.internal.hypervisor.kvm;

import io.hyperlight.internal.hypervisor.HypervisorCallException;
import io.hyperlight.internal.os.Errno;

/** An ioctl of KVM failed. The exception says which one, and with what error number. */
public final class KvmException extends HypervisorCallException {
  private static final long serialVersionUID = 1L;

  private final String ioctl;
  private final int errno;

  KvmException(Ioctl ioctl, int errno) {
    this(ioctl, "", errno);
  }

  /**
   * Makes the exception for an ioctl whose name alone does not describe the failure.
   *
   * @param detail what follows the name in the message
   */
  KvmException(Ioctl ioctl, String detail, int errno) {
    super(ioctl + detail + " failed: " + Errno.describe(errno) + advice(errno));
    this.ioctl = ioctl.name();
    this.errno = errno;
  }

  private static String advice(int errno) {
    return switch (errno) {
      case Errno.EMFILE -> ". Raise the limit (ulimit -n): a sandbox holds two descriptors";
      case Errno.ENFILE -> ". The system is out of descriptors (fs.file-max)";
      case Errno.ENOMEM -> ". The host has no memory left for another VM";
      default -> "";
    };
  }

  /** Returns the ioctl's name in {@code <linux/kvm.h>}. */
  public String ioctl() {
    return ioctl;
  }

  public int errno() {
    return errno;
  }

  @Override
  public boolean isRefusal() {
    return switch (errno) {
      case Errno.EINVAL, Errno.ENOTTY, Errno.ENXIO, Errno.ENOSYS, Errno.ENOTSUP -> true;
      default -> false;
    };
  }
}
