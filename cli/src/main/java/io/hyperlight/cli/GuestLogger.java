package io.hyperlight.cli;

import java.io.PrintStream;
import java.util.ResourceBundle;
import org.jspecify.annotations.Nullable;

/**
 * Prints the messages of a guest's log, one a line, from level INFO up.
 *
 * @param out gets the lines
 */
record GuestLogger(PrintStream out) implements System.Logger {
  @Override
  public String getName() {
    return "guest";
  }

  @Override
  public boolean isLoggable(Level level) {
    return level.getSeverity() >= Level.INFO.getSeverity();
  }

  @Override
  public void log(
      Level level, @Nullable ResourceBundle bundle, String message, @Nullable Throwable thrown) {
    if (isLoggable(level)) {
      out.println("guest: " + level + ": " + message);
    }
  }

  @Override
  public void log(
      Level level, @Nullable ResourceBundle bundle, String format, @Nullable Object... parameters) {
    log(level, bundle, format, (Throwable) null);
  }
}
