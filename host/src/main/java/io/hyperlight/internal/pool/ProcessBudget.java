package io.hyperlight.internal.pool;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The budget of this process, which all pools of sandboxes share. Its limits are read when the
 * first pool is built. They come from two system properties. Without the property for memory, the
 * limit is half of the memory that the machine and the process's control groups allow.
 */
public final class ProcessBudget {
  /** The system property for the largest number of sandboxes that all pools may have together. */
  public static final String COUNT_PROPERTY = "hyperlight.pool.maxSandboxes";

  /**
   * The system property for the largest number of bytes of guest memory that all pools may have
   * together.
   */
  public static final String BYTES_PROPERTY = "hyperlight.pool.maxMemory";

  private static final int DEFAULT_COUNT = 1000;

  private static final ReentrantLock LOCK = new ReentrantLock();
  private static @Nullable PoolBudget budget;

  private ProcessBudget() {}

  /**
   * Returns the budget of this process.
   *
   * @throws IllegalArgumentException if a property is not a positive number; the next call reads it
   *     again
   */
  public static PoolBudget get() {
    LOCK.lock();
    try {
      PoolBudget made = budget;
      if (made == null) {
        made = read(Path.of("/"));
        budget = made;
      }
      return made;
    } finally {
      LOCK.unlock();
    }
  }

  /** Reads the system properties, and the files below a root directory. */
  static PoolBudget read(Path root) {
    long count = property(COUNT_PROPERTY, DEFAULT_COUNT);
    long bytes = property(BYTES_PROPERTY, 0);
    return new PoolBudget(
        (int) Math.min(count, Integer.MAX_VALUE), bytes > 0 ? bytes : availableMemory(root) / 2);
  }

  private static long property(String name, long otherwise) {
    String value = System.getProperty(name);
    if (value == null) {
      return otherwise;
    }
    try {
      long number = Long.parseLong(value.strip());
      if (number > 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // The exception below reports this.
    }
    throw new IllegalArgumentException(
        "the system property %s is \"%s\": must be a positive number".formatted(name, value));
  }

  /** Returns the memory of the machine, or less if control groups limit it. */
  static long availableMemory(Path root) {
    long memory = Long.MAX_VALUE;
    for (String line : lines(root.resolve("proc/meminfo"))) {
      if (line.startsWith("MemTotal:")) { // MemTotal:   24684084 kB
        memory = number(line.replaceAll("\\D", "")) << 10;
      }
    }
    Path groups = root.resolve("sys/fs/cgroup");
    for (String line : lines(root.resolve("proc/self/cgroup"))) {
      String[] fields = line.split(":", 3); // hierarchy : controllers : path
      if (fields.length == 3 && fields[1].isEmpty()) {
        memory = Math.min(memory, limit(groups, fields[2], "memory.max"));
      } else if (fields.length == 3 && List.of(fields[1].split(",")).contains("memory")) {
        Path memoryGroups = groups.resolve("memory");
        memory = Math.min(memory, limit(memoryGroups, fields[2], "memory.limit_in_bytes"));
      }
    }
    return memory;
  }

  /**
   * Returns the smallest limit of a control group and of all groups above it, up to the root. In a
   * container, the root is the container's own group. A path that leads out of the root has no
   * files there, and counts as the root.
   */
  private static long limit(Path groups, String path, String file) {
    long least = Long.MAX_VALUE;
    Path group = groups.resolve(path.replaceFirst("^/+", "")).normalize();
    if (!group.startsWith(groups)) {
      group = groups;
    }
    while (group != null && group.startsWith(groups)) {
      for (String line : lines(group.resolve(file))) {
        least = Math.min(least, number(line));
      }
      group = group.getParent();
    }
    return least;
  }

  /** Parses a limit. Without one, the file contains "max". */
  private static long number(String text) {
    try {
      return Long.parseLong(text.strip());
    } catch (NumberFormatException e) {
      return Long.MAX_VALUE;
    }
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      return List.of();
    }
  }
}
