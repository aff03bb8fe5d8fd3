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
 * A program that prints how many bytes of private memory so many idle sandboxes have together, what
 * they occupy of the Java heap included. For a JVM whose heap is all there from the start, and that
 * compiles nothing meanwhile.
 */
final class DensityProbe {
  private static final int FIRST = 20;
  private static final long SETTLED_BYTES = 16 << 10;

  private DensityProbe() {}

  public static void main(String[] arguments) throws IOException {
    int count = Integer.parseInt(arguments[0]);
    List<Sandbox> sandboxes = new ArrayList<>();
    try (Snapshot snapshot = Guests.smallSnapshot(Sandbox.Builder.DEFAULT_MEMORY_SIZE)) {
      // The first few load classes and make what is made once. They stay: memory that a single one
      // has mapped of the snapshot would count as private, and as shared with the second one.
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

  /** Looks until nothing changes any more: some things are freed only by a later collection. */
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
   * {@return how much memory of this process's own there is, in bytes} Not with what is private and
   * clean: that are pages of files, until another process maps the same file.
   */
  private static long privateMemory() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/smaps_rollup")).stream()
            .filter(line -> line.startsWith("Private_Dirty:"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
            .sum()
        * 1024;
  }
}
