package io.hyperlight.fuzz;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What Jazzer calls, by name. Nothing here or in the targets refers to Jazzer, so that the tests do
 * without it. {@code -Dhyperlight.fuzz.target=NAME} says which target it is. Nothing is closed in
 * the end: Jazzer would do it while the JVM shuts down.
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
