package io.hyperlight.linux;

import io.hyperlight.os.Errno;
import io.hyperlight.vm.AddressSpace;
import io.hyperlight.vm.GuestAddressException;
import java.security.SecureRandom;
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

  private static final long GETRANDOM = 318;

  private static final long GRND_NONBLOCK = 1;
  private static final long GRND_RANDOM = 2;
  private static final long GRND_INSECURE = 4;

  /** The most random bytes one call gives; a longer one is cut short, as a signal would do it. */
  private static final long LONGEST_RANDOM = 1 << 16;

  private static final long STANDARD_OUTPUT = 1;
  private static final long STANDARD_ERROR = 2;

  /** The most bytes one write takes; a longer one is a short write, as a pipe's would be. */
  private static final long LONGEST_WRITE = 1 << 20;

  /** Made when the first guest asks: it reads the host's own source of randomness. */
  private static final class Generator {
    static final SecureRandom INSTANCE = new SecureRandom();
  }

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

  /** What a snapshot has to keep. Immutable. */
  public record State(ProgramBreak.State programBreak) {}

  /** The state between two calls. */
  public State state() {
    return new State(programBreak.state());
  }

  /** Goes back to an earlier state, after the address space has gone back. */
  public void restore(State earlier) {
    programBreak.restore(earlier.programBreak);
  }

  /** Answers a system call: a result, or a negated error number. */
  public long call(long number, long argument0, long argument1, long argument2) {
    if (number == WRITE) {
      return write(argument0, argument1, argument2);
    }
    if (number == BRK) {
      return programBreak.move(argument0);
    }
    if (number == GETRANDOM) {
      return getRandom(argument0, argument1, argument2);
    }
    return -Errno.ENOSYS;
  }

  /**
   * {@code getrandom(2)}, from the host's generator: never the same twice, whatever was restored.
   */
  private long getRandom(long buffer, long size, long flags) {
    boolean bothSources = (flags & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE);
    if ((flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE)) != 0 || bothSources) {
      return -Errno.EINVAL;
    }
    byte[] bytes = new byte[(int) (size < 0 ? LONGEST_RANDOM : Math.min(size, LONGEST_RANDOM))];
    Generator.INSTANCE.nextBytes(bytes);
    try {
      space.write(buffer, bytes);
      return bytes.length;
    } catch (GuestAddressException e) {
      return -Errno.EFAULT;
    }
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
