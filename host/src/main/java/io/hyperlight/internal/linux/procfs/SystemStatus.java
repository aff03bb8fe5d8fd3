package io.hyperlight.internal.linux.procfs;

import io.hyperlight.internal.linux.task.GuestProcess;
import io.hyperlight.internal.linux.task.World;
import io.hyperlight.internal.linux.time.GuestClock;
import io.hyperlight.internal.linux.time.ProcessorUsage;
import io.hyperlight.internal.vfs.FileSystem;
import io.hyperlight.internal.vfs.Mount;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;

/** Formats the files of {@code /proc} about the machine. The guest has the whole machine. */
final class SystemStatus {
  private static final long TICK_NANOS = 10_000_000;
  private static final long NANOS = 1_000_000_000;

  private final World world;
  private final GuestClock clock;
  private final ProcessorUsage usage;

  SystemStatus(GuestProcess process) {
    world = process.world();
    clock = world.clock();
    usage = process.usage();
  }

  String stat() {
    long used = usage.processorNanos() / TICK_NANOS;
    long idle = Math.max(0, clock.boot() / TICK_NANOS - used / world.options().processors());
    int processors = world.options().processors();
    String times = times(used, processors * Math.max(0, clock.boot() / TICK_NANOS) - used);
    StringBuilder each = new StringBuilder();
    for (int i = 0; i < processors; i++) {
      each.append("cpu").append(i).append(' ').append(times(used / processors, idle));
    }
    long begin = clock.instant().getEpochSecond() - clock.boot() / NANOS;
    return "cpu  "
        + times
        + each
        + "intr 0\nctxt 0\nbtime "
        + Math.max(0, begin)
        + "\nprocesses 1\nprocs_running 1\nprocs_blocked 0\nsoftirq "
        + String.join(" ", Collections.nCopies(11, "0"))
        + "\n";
  }

  private static String times(long used, long idle) {
    return "%d 0 0 %d 0 0 0 0 0 0\n".formatted(used, Math.max(0, idle));
  }

  String memory() {
    long free = world.context().addressSpace().freeBytes();
    StringBuilder lines = new StringBuilder();
    for (Map.Entry<String, Long> entry :
        List.of(
            Map.entry("MemTotal", world.context().memorySizeBytes()),
            Map.entry("MemFree", free),
            Map.entry("MemAvailable", free),
            Map.entry("Buffers", 0L),
            Map.entry("Cached", 0L),
            Map.entry("SwapTotal", 0L),
            Map.entry("SwapFree", 0L))) {
      lines.append("%-15s %8d kB\n".formatted(entry.getKey() + ":", entry.getValue() / 1024));
    }
    return lines.toString();
  }

  String uptime() {
    double seconds = clock.boot() / 1e9;
    return String.format(Locale.ROOT, "%.2f %.2f\n", seconds, 0.0);
  }

  /** Returns a UUID of version 4 (RFC 9562). Each open file gets another one. */
  String uuid() {
    ByteBuffer random = ByteBuffer.wrap(world.random().next(16));
    long high = (random.getLong() & ~0xf000L) | 0x4000;
    long low = (random.getLong() & ~(3L << 62)) | (1L << 63);
    return new UUID(high, low) + "\n";
  }

  /** Formats {@code proc_mounts(5)}. */
  String mounts() {
    StringBuilder lines = new StringBuilder("none / rootfs ro 0 0\n");
    for (Mount mount : world.options().mounts()) {
      lines.append("none ").append(escaped(mount.path())).append(" tmpfs rw 0 0\n");
    }
    if (hasSharedMemory()) {
      lines.append("none /dev/shm tmpfs rw 0 0\n");
    }
    return lines.toString();
  }

  /** Formats {@code proc_pid_mountinfo(5)}. */
  String mountInformation() {
    StringBuilder lines = new StringBuilder("1 0 0:1 / / ro - rootfs none ro\n");
    int number = 2;
    for (Mount mount : world.options().mounts()) {
      lines.append(
          "%d 1 0:%d / %s rw - tmpfs none rw\n".formatted(number, number, escaped(mount.path())));
      number++;
    }
    if (hasSharedMemory()) {
      lines.append("%d 1 0:%d / /dev/shm rw - tmpfs none rw\n".formatted(number, number));
    }
    return lines.toString();
  }

  private boolean hasSharedMemory() {
    return world.options().mounts().stream()
        .map(Mount::path)
        .noneMatch(path -> path.equals("/dev") || path.equals(FileSystem.SHARED_MEMORY));
  }

  /** Escapes a path as {@code getmntent(3)} expects it. */
  private static String escaped(String path) {
    return path.replace("\\", "\\134")
        .replace(" ", "\\040")
        .replace("\t", "\\011")
        .replace("\n", "\\012");
  }
}
