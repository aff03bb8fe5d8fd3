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

/** Compiles the guests of the benchmarks with the SDK, once for each process. */
final class Guests {
  /**
   * The loaded guests. They are not in static final fields, because a static initializer would wrap
   * the exception with the compiler's message.
   */
  private static final Map<String, Guest> LOADED = new ConcurrentHashMap<>();

  private static final MethodHandle TWICE = twiceHandle();

  private Guests() {}

  /** Returns a guest that only exports {@code add}, and imports nothing. */
  static Guest small() {
    return LOADED.computeIfAbsent("add", Guests::load);
  }

  /** Returns a builder for the guest with all functions of the benchmarks. Its import is set. */
  static Sandbox.Builder large() {
    return Sandbox.builder(LOADED.computeIfAbsent("guest", Guests::load))
        .hostFunction("twice", TWICE);
  }

  /** Returns a builder for the guest with threads. */
  static Sandbox.Builder threads() {
    return Sandbox.builder(LOADED.computeIfAbsent("threads", Guests::load));
  }

  /** Makes a snapshot of the small guest after a first call. */
  static Snapshot smallSnapshot(long memorySize) {
    try (Sandbox sandbox = Sandbox.builder(small()).memorySize(memorySize).build()) {
      sandbox.call("add", int.class, 1, 2);
      return sandbox.snapshot();
    }
  }

  /** Makes a snapshot of a guest with a number of pages that it can write to. */
  static Snapshot snapshotWithPages(int pages) {
    try (Sandbox sandbox = large().build()) {
      sandbox.call("touch", int.class, pages);
      return sandbox.snapshot();
    }
  }

  private static Guest load(String name) {
    Path source = TemporaryFolder.INSTANCE.unpack("guest", name + ".c");
    Path guest = TemporaryFolder.INSTANCE.resolve(name);
    GuestCompiler compiler = new GuestCompiler();
    boolean threads = name.equals("threads");
    String said =
        (threads ? compiler.withLibc() : compiler)
            .compile(List.of(source), guest, threads ? List.of("-pthread") : List.of());
    if (!said.isEmpty()) {
      throw new IllegalStateException(said);
    }
    return Guest.load(guest);
  }

  /** The host function. {@link #twiceHandle} finds it by its name. */
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
