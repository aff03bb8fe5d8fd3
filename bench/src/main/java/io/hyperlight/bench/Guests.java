package io.hyperlight.bench;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.sdk.GuestCompiler;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The guests that are measured, compiled by the SDK, once for each process. */
final class Guests {
  /** Not in static final fields: what the compiler has to say should reach the user as it is. */
  private static final Map<String, Guest> LOADED = new ConcurrentHashMap<>();

  private static final MethodHandle TWICE = twiceHandle();

  private Guests() {}

  /** Exports {@code add} and nothing else, imports nothing. */
  static Guest small() {
    return LOADED.computeIfAbsent("add", Guests::load);
  }

  /** Has all functions there are; its import is answered. */
  static Sandbox.Builder large() {
    return Sandbox.builder(LOADED.computeIfAbsent("guest", Guests::load))
        .hostFunction("twice", TWICE);
  }

  /** A snapshot of the small guest, after a first call. */
  static Snapshot smallSnapshot(long memorySize) {
    try (Sandbox sandbox = Sandbox.builder(small()).memorySize(memorySize).build()) {
      sandbox.call("add", int.class, 1, 2);
      return sandbox.snapshot();
    }
  }

  /** A snapshot of a guest that has so many pages to write into. */
  static Snapshot snapshotWithPages(int pages) {
    try (Sandbox sandbox = large().build()) {
      sandbox.call("touch", int.class, pages);
      return sandbox.snapshot();
    }
  }

  private static Guest load(String name) {
    Path source = TemporaryFolder.INSTANCE.unpack("guest", name + ".c");
    Path guest = TemporaryFolder.INSTANCE.resolve(name);
    String said = new GuestCompiler().compile(List.of(source), guest, List.of());
    if (!said.isEmpty()) {
      throw new IllegalStateException(said);
    }
    return Guest.load(guest);
  }

  /** The host function; found by its name. */
  static int twice(int number) {
    return 2 * number;
  }

  private static MethodHandle twiceHandle() {
    try {
      return MethodHandles.lookup()
          .findStatic(Guests.class, "twice", MethodType.methodType(int.class, int.class));
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("a method of this class", e);
    }
  }
}
