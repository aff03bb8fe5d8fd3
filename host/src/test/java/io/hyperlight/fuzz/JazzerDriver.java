package io.hyperlight.fuzz;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The entry points that Jazzer calls by name. Neither this class nor the targets refer to Jazzer,
 * so the tests do not need it. {@code -Dhyperlight.fuzz.target=NAME} selects the target. Nothing is
 * closed at the end, because Jazzer would do so while the JVM shuts down.
 */
public final class JazzerDriver {
  private static @Nullable FuzzSession session;

  private JazzerDriver() {}

  /** Once, at the start. */
  public static void fuzzerInitialize() {
    session = new FuzzSession(System.getProperty("hyperlight.fuzz.target", ""));
  }

  /** For each input. */
  public static void fuzzerTestOneInput(byte[] input) {
    Objects.requireNonNull(session).tryInput(input);
  }
}
