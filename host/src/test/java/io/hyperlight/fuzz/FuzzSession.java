package io.hyperlight.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Tries inputs on one target, and checks from time to time what they have left behind. It cannot
 * tell which input left something, so it writes all candidates to files.
 */
final class FuzzSession implements AutoCloseable {
  private static final int CHECK_EVERY = 1_000;

  private final FuzzTarget target;
  private final Path suspectFolder;
  private final List<byte[]> suspects = new ArrayList<>();

  FuzzSession(String name) {
    target = FuzzTargets.open(name);
    suspectFolder = Path.of("target", "fuzz", name, "suspects");
  }

  void tryInput(byte[] input) {
    target.tryInput(input);
    suspects.add(input.clone());
    if (suspects.size() >= CHECK_EVERY) {
      check();
    }
  }

  void check() {
    try {
      target.checkNothingIsLeft();
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError("after the inputs in " + writeSuspects(), e);
    }
    suspects.clear();
  }

  private Path writeSuspects() {
    try {
      Files.createDirectories(suspectFolder);
      for (int i = 0; i < suspects.size(); i++) {
        Files.write(suspectFolder.resolve("%06d".formatted(i)), suspects.get(i));
      }
      return suspectFolder.toAbsolutePath();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    target.close();
  }
}
