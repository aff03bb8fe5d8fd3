package io.hyperlight.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Finds signals that were sent to a thread and not taken yet. */
public final class PendingSignals {
  private static final String PREFIX = "SigPnd:\t";

  private PendingSignals() {}

  /** Returns those of the calling platform thread; signal n is bit n - 1. */
  public static long ofThisThread() {
    try {
      return Files.readAllLines(Path.of("/proc/thread-self/status")).stream()
          .filter(line -> line.startsWith(PREFIX))
          .mapToLong(line -> Long.parseUnsignedLong(line.substring(PREFIX.length()).strip(), 16))
          .sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
