package io.hyperlight;

import io.hyperlight.guest.GuestOutput;
import java.io.OutputStream;
import java.io.PrintStream;
import org.jspecify.annotations.Nullable;

/**
 * Sends a guest's output to a stream and its log to a logger.
 *
 * @param stream flushed after each write
 */
record StreamOutput(PrintStream stream, System.Logger logger) implements GuestOutput {
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
        System.getLogger("io.hyperlight.guest"));
  }

  /** The same, but for what is not null. */
  static GuestOutput changed(
      GuestOutput output, @Nullable PrintStream stream, System.@Nullable Logger logger) {
    StreamOutput before = (StreamOutput) output;
    return new StreamOutput(
        stream == null ? before.stream : stream, logger == null ? before.logger : logger);
  }

  @Override
  public void print(byte[] bytes) {
    stream.write(bytes, 0, bytes.length);
    stream.flush();
  }

  @Override
  public void log(int level, String message) {
    logger.log(LEVELS[level], message);
  }
}
