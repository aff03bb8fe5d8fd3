package io.hyperlight.bench;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import java.lang.invoke.MethodHandle;

/** Runs the functions in a sandbox, through method handles in static final fields. */
final class Ours implements Rival {
  private static final byte[] FILE = RivalPrograms.guest();
  private static final Sandbox SANDBOX = Sandbox.builder(guest()).build();
  private static final MethodHandle ADD = SANDBOX.function("add");
  private static final MethodHandle FIB = SANDBOX.function("fib");
  private static final Snapshot CLEAN = clean();

  @Override
  public String title() {
    return "ours";
  }

  /** Starts from the bytes of the guest, so that no file is read. */
  @Override
  public Sampler first() {
    return Timed.each(() -> {
      try (Sandbox sandbox = Sandbox.builder(guest()).build()) {
        Lives.callOnce(sandbox);
      }
    });
  }

  @Override
  public Sampler call() {
    return Timed.each(() -> Calls.check((int) ADD.invokeExact(1, 2) == 3));
  }

  /** Restores the sandbox to the state before the first call, after each call. */
  @Override
  public Sampler fresh() {
    return Timed.each(() -> {
      Calls.check((int) ADD.invokeExact(1, 2) == 3);
      SANDBOX.restore(CLEAN);
    });
  }

  @Override
  public Sampler compute() {
    return Timed.each(() -> Calls.check((int) FIB.invokeExact(N) == FIB_OF_N));
  }

  private static Guest guest() {
    return Guest.of("functions", FILE);
  }

  private static Snapshot clean() {
    Lives.callOnce(SANDBOX);
    return SANDBOX.snapshot();
  }
}
