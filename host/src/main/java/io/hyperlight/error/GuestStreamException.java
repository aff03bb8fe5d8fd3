package io.hyperlight.error;

import io.hyperlight.internal.os.Errno;
import java.io.IOException;

/**
 * A stream of the embedder cannot take or supply a guest's bytes. The guest gets the reason as it
 * would on Linux: as the error number of its {@code write} or {@code read}.
 *
 * <p>The streams for {@link io.hyperlight.SandboxSettings#hostPrint hostPrint}, {@link
 * io.hyperlight.SandboxSettings#hostError hostError} and {@link
 * io.hyperlight.Program#stdin(java.io.InputStream)} throw it. If a write fails with {@link #EPIPE},
 * the guest also gets {@code SIGPIPE}, which ends it unless it handles or ignores that signal. Any
 * other {@link IOException} of an output stream is {@link #EIO} to the guest.
 */
public final class GuestStreamException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Input or output error. */
  public static final int EIO = Errno.EIO;

  /** No space left on device. */
  public static final int ENOSPC = Errno.ENOSPC;

  /** Broken pipe: nothing reads the other end any more. */
  public static final int EPIPE = Errno.EPIPE;

  private static final int LARGEST = 4095;

  /** The error number that the guest gets. */
  private final int errno;

  /** How many bytes were written before the error. */
  private final int bytesTransferred;

  /**
   * Creates an exception for any of Linux's error numbers; see {@code errno(3)}.
   *
   * @param errno 1 to 4095, such as {@link #EPIPE}
   * @throws IllegalArgumentException if the number is out of range
   */
  public GuestStreamException(int errno) {
    this(errno, 0);
  }

  /**
   * Creates an exception for a write that failed after some of its bytes. The guest's {@code write}
   * then succeeds for those bytes. The guest gets the error when it writes the rest and that fails
   * again.
   *
   * @param errno 1 to 4095, such as {@link #ENOSPC}
   * @param bytesTransferred how many bytes of the same {@code write} were written before it failed
   * @throws IllegalArgumentException if the error number is out of range, or the number of bytes is
   *     negative
   */
  public GuestStreamException(int errno, int bytesTransferred) {
    super(Errno.describe(errno));
    if (errno < 1 || errno > LARGEST) {
      throw new IllegalArgumentException("error number " + errno + ": must be 1 to " + LARGEST);
    }
    if (bytesTransferred < 0) {
      throw new IllegalArgumentException(
          "bytes transferred " + bytesTransferred + ": must not be negative");
    }
    this.errno = errno;
    this.bytesTransferred = bytesTransferred;
  }

  /** {@return the error number that the guest gets} */
  public int errno() {
    return errno;
  }

  /** {@return how many bytes were written before the error} */
  public int bytesTransferred() {
    return bytesTransferred;
  }
}
