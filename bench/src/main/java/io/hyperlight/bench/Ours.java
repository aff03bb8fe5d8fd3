package io.hyperlight.bench;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import java.lang.invoke.MethodHandle;

/** The functions in a sandbox, called through method handles in static final fields. */
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

  /** From the bytes of the guest, which a file on disk would have to be read for. */
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

  /** Restored to what it was before the first call, after each call. */
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
