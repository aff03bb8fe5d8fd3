package io.hyperlight.bench;

import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A program that makes idle sandboxes and prints their private memory in bytes. The count includes
 * their part of the Java heap. Run it in a JVM that allocates its whole heap at the start and does
 * not compile.
 */
final class DensityProbe {
  private static final int FIRST = 20;
  private static final long SETTLED_BYTES = 16 << 10;

  private DensityProbe() {}

  public static void main(String[] arguments) throws IOException {
    int count = Integer.parseInt(arguments[0]);
    List<Sandbox> sandboxes = new ArrayList<>();
    try (Snapshot snapshot = Guests.smallSnapshot(Sandbox.Builder.DEFAULT_MEMORY_SIZE)) {
      // The first few sandboxes load classes and make everything that is made once. They stay open.
      // If only one sandbox maps a page of the snapshot, the kernel counts the page as private.
      // With a
      // second sandbox, the kernel counts it as shared.
      for (int i = 0; i < FIRST; i++) {
        sandboxes.add(start(snapshot));
      }
      long before = settled();
      for (int i = 0; i < count; i++) {
        sandboxes.add(start(snapshot));
      }
      System.out.println(settled() - before);
      sandboxes.forEach(Sandbox::close);
    }
  }

  private static Sandbox start(Snapshot snapshot) {
    Sandbox sandbox = snapshot.spawn();
    Lives.callOnce(sandbox);
    return sandbox;
  }

  /** Repeats until the result is stable. Some objects are released only by a later collection. */
  private static long settled() throws IOException {
    long last = used();
    for (long now = used(); Math.abs(now - last) > SETTLED_BYTES; now = used()) {
      last = now;
    }
    return last;
  }

  private static long used() throws IOException {
    MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
    memory.gc();
    return memory.getHeapMemoryUsage().getUsed() + privateMemory();
  }

  /**
   * {@return the private memory of this process in bytes} This counts only dirty pages. Private
   * clean pages are pages of files, and they stop being private when another process maps the file.
   */
  private static long privateMemory() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/smaps_rollup")).stream()
            .filter(line -> line.startsWith("Private_Dirty:"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
            .sum()
        * 1024;
  }
}
