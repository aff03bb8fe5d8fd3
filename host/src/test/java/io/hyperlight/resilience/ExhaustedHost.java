package io.hyperlight.resilience;

import io.hyperlight.Guest;
import io.hyperlight.Lease;
import io.hyperlight.Sandbox;
import io.hyperlight.SandboxPool;
import io.hyperlight.Snapshot;
import io.hyperlight.error.HyperlightException;
import io.hyperlight.error.SandboxUnusableException;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.Held;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The main class of a separate JVM. It makes sandboxes until the host has run out of a resource. It
 * prints how that was reported, whether the earlier sandboxes still answer, and whether new ones
 * can be made once some are closed.
 */
final class ExhaustedHost {
  private static final long GIB = 1L << 30;

  private static final int FEW = 3;

  private final Guest guest;
  private final long memorySize;
  private final Snapshot snapshot;

  private ExhaustedHost(Guest guest, long memorySize) {
    this.guest = guest;
    this.memorySize = memorySize;
    try (Sandbox original = build()) {
      snapshot = original.snapshot();
    }
    // Once all of it, so that classes are loaded that are needed later.
    List<Sandbox> sandboxes = new ArrayList<>(List.of(build(), snapshot.spawn()));
    tellWhetherAllAnswer("before", sandboxes);
    tell("none", new IllegalStateException("loaded"));
    sandboxes.forEach(Sandbox::close);
  }

  /**
   * Runs the program.
   *
   * @param arguments the guest, and the resource that is to run out
   */
  public static void main(String[] arguments) throws Exception {
    Guest guest = Guest.load(Path.of(arguments[0]));
    switch (arguments[1]) {
      case "descriptors" -> {
        ExhaustedHost host = new ExhaustedHost(guest, 1 << 20);
        host.limit("nofile", descriptors() + 41);
        host.exhaust("descriptors-build", host::build);
        host.exhaust("descriptors-spawn", host.snapshot::spawn);
        host.exhaust("descriptors-snapshot", host::snapshotOfItsOwn);
      }
      case "address-space" -> {
        ExhaustedHost host = new ExhaustedHost(guest, GIB);
        host.limit("as", status("VmSize") + 3 * GIB + GIB / 2);
        host.exhaust("address-space-build", host::build);
        host.exhaust("address-space-spawn", host.snapshot::spawn);
      }
      case "data" -> {
        ExhaustedHost host = new ExhaustedHost(guest, GIB);
        host.limit("data", status("VmData") + 3 * GIB + GIB / 2);
        host.exhaust("data-build", host::build);
        host.exhaust("data-spawn", host.snapshot::spawn);
      }
      case "heap" -> {
        ExhaustedHost host = new ExhaustedHost(guest, 1 << 20);
        host.exhaustHeap("heap-build", host::build);
        host.exhaustHeap("heap-spawn", host.snapshot::spawn);
      }
      case "threads" -> new ExhaustedHost(guest, 1 << 20).exhaustThreads();
      default -> throw new IllegalArgumentException(arguments[1]);
    }
  }

  private Sandbox build() {
    return Sandbox.builder(guest).memorySize(memorySize).build();
  }

  /** Makes a sandbox of a snapshot that no other sandbox has. */
  private Sandbox snapshotOfItsOwn() {
    try (Sandbox original = snapshot.spawn();
        Snapshot own = original.snapshot()) {
      return own.spawn();
    }
  }

  private void limit(String what, long most) {
    Command.run(
            "prlimit",
            "--pid=" + ProcessHandle.current().pid(),
            "--" + what + "=" + most + ":" + (what.equals("nofile") ? most : "unlimited"))
        .outputOfSuccess();
  }

  private static long descriptors() throws IOException {
    try (var list = Files.list(Path.of("/proc/self/fd"))) {
      return list.count();
    }
  }

  /** Returns a size that the kernel reports for this process, in bytes. */
  private static long status(String name) throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith(name + ":"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024)
        .findFirst()
        .orElseThrow();
  }

  private static void tell(String about, @Nullable Throwable failure) {
    System.out.printf(
        "%s: %s%n",
        about,
        failure == null
            ? "nothing"
            : failure.getClass().getSimpleName() + ": " + failure.getMessage());
  }

  private static void tellWhetherAllAnswer(String about, List<Sandbox> sandboxes) {
    int right = 0;
    for (Sandbox sandbox : sandboxes) {
      right += sandbox.<Integer>call("add", int.class, 40, 2) == 42 ? 1 : 0;
    }
    System.out.printf(
        "%s: %s%n", about, right == sandboxes.size() ? "all answer" : right + " answer");
  }

  private void exhaust(String name, Supplier<Sandbox> maker) throws IOException {
    List<Sandbox> sandboxes = new ArrayList<>();
    Held before = Held.now(GIB);
    fill(name, maker, sandboxes);
    tellWhetherAllAnswer(name + " earlier", sandboxes);
    int most = sandboxes.size();
    for (int i = 0; i < FEW && !sandboxes.isEmpty(); i++) {
      sandboxes.removeLast().close();
    }
    fill(name + " again", maker, sandboxes);
    tellWhetherAllAnswer(name + " earlier again", sandboxes);
    System.out.printf(
        "%s count: %s%n", name, most > 1 && most == sandboxes.size() ? "the same" : most);
    sandboxes.forEach(Sandbox::close);
    System.out.printf(
        "%s left: %s%n",
        name, before.equals(Held.now(GIB)) ? "nothing" : before + " " + Held.now(GIB));
  }

  /** Ignores address space, which the JVM takes, too, and KVM's threads, which come and go. */
  private static boolean isTheSame(Held before, Held after) {
    return before.descriptors() == after.descriptors() && before.mappings() == after.mappings();
  }

  private static void fill(String name, Supplier<Sandbox> maker, List<Sandbox> sandboxes) {
    try {
      while (true) {
        sandboxes.add(maker.get());
      }
    } catch (RuntimeException e) {
      tell(name, e);
    }
  }

  /**
   * Fills the heap to the last byte and frees it bit by bit. So it runs out in one place after the
   * other while a sandbox is made.
   */
  private void exhaustHeap(String name, Supplier<Sandbox> maker) throws IOException {
    Sandbox earlier = maker.get();
    Held before = Held.now(GIB);
    Hog hog = new Hog();
    int failures = 0;
    Sandbox made = null;
    while (made == null) {
      try {
        made = maker.get();
      } catch (OutOfMemoryError e) {
        failures++;
        hog.release();
      }
    }
    hog.giveAllFree();
    tellWhetherAllAnswer(name + " earlier", List.of(earlier, made));
    made.close();
    System.out.printf("%s: %s%n", name, failures > 2 ? "failed" : failures + " failures");
    System.out.printf(
        "%s left: %s%n", name, isTheSame(before, Held.now(GIB)) ? "nothing" : "something");
    earlier.close();
  }

  /** All of the heap, in lists of arrays that need nothing themselves. */
  private static final class Hog {
    private static final int PIECES = 200;
    private static final int PIECE = 1024;
    private static final int LEAST = 64;

    private @Nullable Object @Nullable [] pieces;
    private @Nullable Object @Nullable [] rest;

    Hog() {
      for (int i = 0; i < PIECES; i++) {
        pieces = linked(PIECE, pieces);
      }
      for (int size = 1 << 20; size >= LEAST; size /= 2) {
        try {
          while (true) {
            rest = linked(size, rest);
          }
        } catch (OutOfMemoryError e) {
          // Smaller ones, then.
        }
      }
    }

    private static @Nullable Object[] linked(int sizeBytes, @Nullable Object @Nullable [] next) {
      @Nullable Object[] array = new @Nullable Object[sizeBytes / 4]; // compressed references
      array[0] = next;
      return array;
    }

    void release() {
      pieces = pieces == null ? null : (@Nullable Object[]) pieces[0];
    }

    void giveAllFree() {
      pieces = null;
      rest = null;
    }
  }

  /** Each thread takes more address space than there is. */
  private void exhaustThreads() throws Exception {
    Sandbox sandbox = snapshot.spawn();
    FutureTask<Integer> warm = new FutureTask<>(() -> 1);
    Thread.ofVirtual().start(warm);
    warm.get();
    Held before = Held.now(GIB);
    limit("as", status("VmSize") + GIB / 2);
    tell("threads", onVirtualThread(sandbox));
    try {
      sandbox.call("add", int.class, 40, 2);
      tell("threads later", null);
    } catch (SandboxUnusableException e) {
      tell("threads later", e);
    }
    sandbox.restore(snapshot);
    tellWhetherAllAnswer("threads restored", List.of(sandbox));
    Throwable refusal = null;
    try (SandboxPool pool = SandboxPool.builder(snapshot).size(1).build()) {
      pool.acquire().close();
    } catch (HyperlightException | OutOfMemoryError e) {
      refusal = e;
    }
    tell("threads pool", refusal);
    Command.run("prlimit", "--pid=" + ProcessHandle.current().pid(), "--as=unlimited")
        .outputOfSuccess();
    tell("threads at last", onVirtualThread(sandbox));
    try (SandboxPool pool = SandboxPool.builder(snapshot).size(1).build();
        Lease<Sandbox> lease = pool.acquire()) {
      tellWhetherAllAnswer("threads pool at last", List.of(lease.get()));
    }
    System.out.printf(
        "threads left: %s%n", isTheSame(before, Held.now(GIB)) ? "nothing" : "something");
  }

  private static @Nullable Throwable onVirtualThread(Sandbox sandbox) throws InterruptedException {
    List<Throwable> failures = new ArrayList<>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            tellWhetherAllAnswer("virtual", List.of(sandbox));
          } catch (Throwable t) {
            failures.add(t);
          }
        })
        .join();
    return failures.isEmpty() ? null : failures.getFirst();
  }
}
