package io.hyperlight.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/**
 * Runs the functions in a long-lived process that answers over pipes. A fresh instance is another
 * process.
 */
final class PipeRival implements Rival {
  private final Path program = RivalPrograms.process();
  private final PipeClient client;

  PipeRival() {
    try {
      client = PipeClient.start(program);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String title() {
    return "a process over pipes";
  }

  @Override
  public Sampler first() {
    return Timed.each(() -> {
      try (PipeClient other = PipeClient.start(program)) {
        Calls.check(other.add(1, 2) == 3);
      }
    });
  }

  @Override
  public Sampler call() {
    return Timed.each(() -> Calls.check(client.add(1, 2) == 3));
  }

  @Override
  public Sampler fresh() {
    return first();
  }

  @Override
  public Sampler compute() {
    return Timed.each(() -> Calls.check(client.fib(N) == FIB_OF_N));
  }

  @Override
  public void close() {
    try {
      client.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
