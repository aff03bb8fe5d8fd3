package io.hyperlight;

import io.hyperlight.error.GuestStreamException;
import io.hyperlight.internal.call.GuestOutput;
import io.hyperlight.internal.linux.fd.PartialWriteException;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.io.PrintStream;
import org.jspecify.annotations.Nullable;

/**
 * Sends a guest's output to streams and its log to a logger.
 *
 * @param stream the stream for standard output; flushed after each write
 * @param errors the stream for standard error, also flushed; null if that goes to the same stream
 */
record StreamOutput(OutputStream stream, @Nullable OutputStream errors, System.Logger logger)
    implements GuestOutput {
  private static final System.Logger.Level[] LEVELS = {
    System.Logger.Level.TRACE,
    System.Logger.Level.DEBUG,
    System.Logger.Level.INFO,
    System.Logger.Level.WARNING,
    System.Logger.Level.ERROR
  };

  /** Returns output that is discarded, with the default logger for guests. */
  static StreamOutput initial() {
    return new StreamOutput(
        OutputStream.nullOutputStream(), null, System.getLogger("io.hyperlight.guest"));
  }

  @Override
  public void print(byte[] bytes, boolean error) {
    OutputStream target = error && errors != null ? errors : stream;
    try {
      target.write(bytes, 0, bytes.length);
      // A print stream hides its errors until checkError is called, which also flushes it.
      if (!(target instanceof PrintStream printing)) {
        target.flush();
      } else if (printing.checkError()) {
        throw new FileException(Errno.EIO);
      }
    } catch (IOException e) {
      int written = written(e);
      throw written > 0 && written < bytes.length
          ? new PartialWriteException(errno(e), written)
          : new FileException(errno(e));
    }
  }

  /** Returns how many bytes the stream took before it failed, according to the exception. */
  private static int written(IOException e) {
    return switch (e) {
      case GuestStreamException told -> told.bytesTransferred();
      case InterruptedIOException interrupted -> interrupted.bytesTransferred;
      default -> 0;
    };
  }

  /** Returns the error number that the guest gets for an exception of the embedder's stream. */
  static int errno(IOException e) {
    return switch (e) {
      case GuestStreamException told -> told.errno();
      // Either the call ends now and the guest gets no answer, or the guest may try again.
      case InterruptedIOException _ -> Errno.EINTR;
      default -> Errno.EIO;
    };
  }

  @Override
  public void log(int level, String message) {
    logger.log(LEVELS[level], message);
  }
}
