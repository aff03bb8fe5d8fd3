package io.hyperlight.testing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.ResourceBundle;
import org.jspecify.annotations.Nullable;

/** A logger that keeps the lines that it gets. */
public final class RecordingLogger implements System.Logger {
  /** One logged line. */
  public record Line(System.Logger.Level level, String text) {}

  private final List<Line> lines = new ArrayList<>();

  /** All that was logged. */
  public List<Line> lines() {
    return lines;
  }

  @Override
  public String getName() {
    return "recording";
  }

  @Override
  public boolean isLoggable(Level level) {
    return true;
  }

  @Override
  public void log(
      Level level, @Nullable ResourceBundle bundle, @Nullable String text, @Nullable Throwable t) {
    lines.add(new Line(level, Objects.toString(text)));
  }

  @Override
  public void log(
      Level level,
      @Nullable ResourceBundle bundle,
      @Nullable String format,
      @Nullable Object @Nullable ... parameters) {
    String arguments = parameters == null ? "" : Arrays.toString(parameters);
    lines.add(new Line(level, format + arguments));
  }
}
