package io.hyperlight;

import io.hyperlight.error.GuestStreamException;
import io.hyperlight.internal.os.DescriptorStreams;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.Objects;

/**
 * The standard streams of this process, for guests that share them.
 *
 * <p>If a write fails after some of its bytes, the exception has {@linkplain
 * GuestStreamException#bytesTransferred their number}. The guest gets that number before it gets
 * the error.
 *
 * <p>{@code System.out} hides errors: a guest that writes to it never learns that the reader is
 * gone or that a disk is full. These streams have no buffer. They throw {@link
 * GuestStreamException} with the kernel's error number, so a guest gets the same error as a native
 * program. When the thread is interrupted, a wait for a reader or for input ends with {@link
 * InterruptedIOException}. So a guest's time limits also apply there.
 *
 * <p>Closing these streams does nothing. They are safe for use by many threads.
 */
public final class HostStreams {
  private static final int INPUT = 0;
  private static final int OUTPUT = 1;
  private static final int ERROR = 2;

  private HostStreams() {}

  /** {@return standard input: descriptor 0} */
  public static InputStream input() {
    return new Input(INPUT);
  }

  /** {@return standard output: descriptor 1} */
  public static OutputStream output() {
    return new Output(OUTPUT);
  }

  /** {@return standard error: descriptor 2} */
  public static OutputStream error() {
    return new Output(ERROR);
  }

  /** Writes to a descriptor. */
  private static final class Output extends OutputStream {
    private final int descriptor;

    Output(int descriptor) {
      this.descriptor = descriptor;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      Objects.checkFromIndexSize(offset, length, bytes.length);
      int end = offset + length;
      for (int at = offset; at < end; ) {
        at += checked(DescriptorStreams.write(descriptor, bytes, at, end - at), at - offset);
      }
    }
  }

  /** Reads from a descriptor. */
  private static final class Input extends InputStream {
    private final int descriptor;

    Input(int descriptor) {
      this.descriptor = descriptor;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      Objects.checkFromIndexSize(offset, length, bytes.length);
      if (length == 0) {
        return 0;
      }
      int count = checked(DescriptorStreams.read(descriptor, bytes, offset, length), 0);
      return count == 0 ? -1 : count;
    }
  }

  /**
   * Returns the result of a system call, or throws the exception for its error.
   *
   * @param transferred how many bytes earlier calls have transferred
   */
  private static int checked(int result, int transferred) throws IOException {
    if (result >= 0) {
      return result;
    }
    if (result == DescriptorStreams.INTERRUPTED) {
      InterruptedIOException interrupted = new InterruptedIOException("the thread was interrupted");
      interrupted.bytesTransferred = transferred;
      throw interrupted;
    }
    throw new GuestStreamException(-result, transferred);
  }
}
