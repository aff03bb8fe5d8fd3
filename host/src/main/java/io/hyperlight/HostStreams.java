package io.hyperlight;

import io.hyperlight.error.GuestStreamException;
import io.hyperlight.internal.os.DescriptorStreams;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.Objects;

/**
 * The standard streams of this process, for guests that are to share them.
 *
 * <p>An error behind some of the bytes of a write comes with {@linkplain
 * GuestStreamException#bytesTransferred their number}, which the guest gets first.
 *
 * <p>{@code System.out} swallows errors: a guest that writes to it never learns that nobody reads
 * any more, or that a disk is full. These streams have no buffer, and they throw {@link
 * GuestStreamException} with the error number of the kernel, so that a guest gets what a native
 * program would get. Waiting for a reader or for input ends with {@link InterruptedIOException}
 * when the thread is interrupted, so that a guest's limits of time also hold there.
 *
 * <p>Closing them does nothing. Safe for use by many threads.
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

  /** Bytes that a descriptor takes. */
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

  /** Bytes that a descriptor gives. */
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
   * The result of a call, or the exception that it stands for.
   *
   * @param transferred how many bytes calls before it have moved
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
