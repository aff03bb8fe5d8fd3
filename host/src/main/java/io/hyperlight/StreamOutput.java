package io.hyperlight;

import io.hyperlight.guest.GuestOutput;
import java.io.PrintStream;

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
