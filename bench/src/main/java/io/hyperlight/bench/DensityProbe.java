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
 * they occupy of the Java heap included. For a JVM whose heap is all there from the start.
 */
final class DensityProbe {
  private DensityProbe() {}

  public static void main(String[] arguments) throws IOException {
    int count = Integer.parseInt(arguments[0]);
    List<Sandbox> sandboxes = new ArrayList<>();
    try (Snapshot snapshot = Guests.smallSnapshot(Sandbox.Builder.DEFAULT_MEMORY_SIZE)) {
      // The first few load classes and make what is made once.
      for (int i = 0; i < 20; i++) {
        sandboxes.add(start(snapshot));
      }
      closeAll(sandboxes);
      long before = used();
      for (int i = 0; i < count; i++) {
        sandboxes.add(start(snapshot));
      }
      System.out.println(used() - before);
      closeAll(sandboxes);
    }
  }

  private static Sandbox start(Snapshot snapshot) {
    Sandbox sandbox = snapshot.spawn();
    Lives.callOnce(sandbox);
    return sandbox;
  }

  private static void closeAll(List<Sandbox> sandboxes) {
    sandboxes.forEach(Sandbox::close);
    sandboxes.clear();
  }

  private static long used() throws IOException {
    MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
    memory.gc();
    return memory.getHeapMemoryUsage().getUsed() + privateMemory();
  }

  /** {@return how much memory of this process no other one shares, in bytes} */
  private static long privateMemory() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/smaps_rollup")).stream()
            .filter(line -> line.startsWith("Private_"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
            .sum()
        * 1024;
  }
}
