package io.hyperlight;

import io.hyperlight.guest.GuestOutput;
import java.io.OutputStream;
import java.io.PrintStream;
import org.jspecify.annotations.Nullable;

/**
 * Sends a guest's output to streams and its log to a logger.
 *
 * @param stream for standard output; flushed after each write
 * @param errors for standard error, likewise; null if that goes to the same stream
 */
record StreamOutput(PrintStream stream, @Nullable PrintStream errors, System.Logger logger)
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
        new PrintStream(OutputStream.nullOutputStream(), false),
        null,
        System.getLogger("io.hyperlight.guest"));
  }

  @Override
  public void print(byte[] bytes, boolean error) {
    PrintStream target = error && errors != null ? errors : stream;
    target.write(bytes, 0, bytes.length);
    target.flush();
  }

  @Override
  public void log(int level, String message) {
    logger.log(LEVELS[level], message);
  }
}
