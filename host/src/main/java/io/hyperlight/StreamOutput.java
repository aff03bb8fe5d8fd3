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
 * @param stream for standard output; flushed after each write
 * @param errors for standard error, likewise; null if that goes to the same stream
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

  /** Output that goes nowhere, and the log to the logger of this library's guests. */
  static StreamOutput initial() {
    return new StreamOutput(
        OutputStream.nullOutputStream(), null, System.getLogger("io.hyperlight.guest"));
  }

  @Override
  public void print(byte[] bytes, boolean error) {
    OutputStream target = error && errors != null ? errors : stream;
    try {
      target.write(bytes, 0, bytes.length);
      // A print stream keeps its errors to itself until it is asked, which flushes it, too.
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

  /** How many bytes the stream says it took before it failed. */
  private static int written(IOException e) {
    return switch (e) {
      case GuestStreamException told -> told.bytesTransferred();
      case InterruptedIOException interrupted -> interrupted.bytesTransferred;
      default -> 0;
    };
  }

  /** What a guest hears of an error of the embedder's stream. */
  static int errno(IOException e) {
    return switch (e) {
      case GuestStreamException told -> told.errno();
      // The call ends now, and the guest hears nothing any more; or it may ask again.
      case InterruptedIOException _ -> Errno.EINTR;
      default -> Errno.EIO;
    };
  }

  @Override
  public void log(int level, String message) {
    logger.log(LEVELS[level], message);
  }
}
