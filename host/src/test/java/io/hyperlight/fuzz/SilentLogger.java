package io.hyperlight.fuzz;

import java.util.ResourceBundle;
import org.jspecify.annotations.Nullable;

/** Discards what fuzzed guests log, which may be hours of output. */
public final class SilentLogger implements System.Logger {
  @Override
  public String getName() {
    return "silent";
  }

  @Override
  public boolean isLoggable(Level level) {
    return true;
  }

  @Override
  public void log(
      Level level,
      @Nullable ResourceBundle bundle,
      @Nullable String message,
      @Nullable Throwable thrown) {}

  @Override
  public void log(
      Level level,
      @Nullable ResourceBundle bundle,
      @Nullable String format,
      @Nullable Object @Nullable ... parameters) {}
}
