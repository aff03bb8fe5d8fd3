package io.hyperlight.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.util.List;

/**
 * Starts a process for each call with ProcessBuilder. So every call, also the first, is a fresh
 * call.
 */
final class ProcessRival implements Rival {
  private final String program = RivalPrograms.process().toString();

  @Override
  public String title() {
    return "a process for each call";
  }

  @Override
  public Sampler first() {
    return Timed.each(() -> Calls.check(run("add", 1, 2) == 3));
  }

  @Override
  public Sampler call() {
    return first();
  }

  @Override
  public Sampler fresh() {
    return first();
  }

  @Override
  public Sampler compute() {
    return Timed.each(() -> Calls.check(run("fib", N, 0) == FIB_OF_N));
  }

  private int run(String function, int a, int b) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(List.of(program, function, Integer.toString(a), Integer.toString(b)))
            .start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    Calls.check(process.waitFor() == 0);
    return Integer.parseInt(said.strip());
  }
}
