package io.hyperlight.testing;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.value.Limits;
import java.nio.file.Path;

/** A guest that never ends by itself, in as many ways as there are. */
public final class EndlessGuest {
  private static final String PROGRAM =
      SourceFile.of(EndlessGuest.class, "endless.c") + ResetOracle.FUNCTIONS;

  private EndlessGuest() {}

  /** The guest as a file. */
  public static Path file() {
    return CompiledGuest.fileOf(PROGRAM);
  }

  /** A builder with host functions that do nothing. */
  public static Sandbox.Builder builder() {
    return builder(() -> {});
  }

  /** A builder with a host function that does something. */
  public static Sandbox.Builder builder(Runnable host) {
    return builder(CompiledGuest.of(PROGRAM), host);
  }

  /** The same in a JVM that cannot compile it. */
  public static Sandbox.Builder builder(Guest guest, Runnable host) {
    return Sandbox.builder(guest)
        .hostAction("host", host::run)
        .hostFunction("take", (byte[] bytes) -> (long) bytes.length)
        .hostFunction("give", (Long size) -> new byte[size.intValue()])
        .memorySize(4 << 20)
        .limits(Limits.NONE);
  }
}
