package io.hyperlight.linux;

import io.hyperlight.os.Errno;
import io.hyperlight.vm.AddressSpace;
import io.hyperlight.vm.GuestAddressException;
import java.util.function.Consumer;

/**
 * Answers the Linux system calls that guests are granted; all others get ENOSYS.
 *
 * <p><b>Boundary.</b> Number and arguments are hostile. Pointers are only ever handed to {@link
 * AddressSpace}, which checks and copies; a bad one is EFAULT to the guest and nothing to the host.
 */
public final class SystemCalls {
  private static final long WRITE = 1;
  private static final long BRK = 12;

  private static final long STANDARD_OUTPUT = 1;
  private static final long STANDARD_ERROR = 2;

  /** The most bytes one write takes; a longer one is a short write, as a pipe's would be. */
  private static final long LONGEST_WRITE = 1 << 20;

  private final AddressSpace space;
  private final ProgramBreak programBreak;
  private final Consumer<byte[]> output;

  /**
   * System calls of one guest.
   *
   * @param output takes what the guest writes to standard output and standard error
   */
  public SystemCalls(AddressSpace space, long heap, long heapLimit, Consumer<byte[]> output) {
    this.space = space;
    this.output = output;
    programBreak = new ProgramBreak(space, heap, heapLimit);
  }

  /** Answers a system call: a result, or a negated error number. */
  public long call(long number, long argument0, long argument1, long argument2) {
    if (number == WRITE) {
      return write(argument0, argument1, argument2);
    }
    if (number == BRK) {
      return programBreak.move(argument0);
    }
    return -Errno.ENOSYS;
  }

  private long write(long descriptor, long buffer, long size) {
    if (descriptor != STANDARD_OUTPUT && descriptor != STANDARD_ERROR) {
      return -Errno.EBADF;
    }
    long length = size < 0 ? LONGEST_WRITE : Math.min(size, LONGEST_WRITE);
    try {
      output.accept(space.read(buffer, length));
      return length;
    } catch (GuestAddressException e) {
      return -Errno.EFAULT;
    }
  }
}
