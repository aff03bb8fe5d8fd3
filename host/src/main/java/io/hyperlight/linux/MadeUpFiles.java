package io.hyperlight.linux;

import io.hyperlight.files.Node;
import io.hyperlight.vm.AddressSpace;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The files that a Linux program takes for granted, whatever is mounted: devices, and what {@code
 * proc(5)} and {@code sysfs(5)} tell. All of it is made up from what this library knows of the
 * guest; nothing comes from the host.
 */
final class MadeUpFiles {
  private static final String SELF = "/proc/" + ProcessCalls.PROCESS;

  private final SystemCalls guest;
  private final Map<String, Node> files = new LinkedHashMap<>();
  private long nextInode = 1000;

  private MadeUpFiles(SystemCalls guest) {
    this.guest = guest;
  }

  /** All of them by path, for one guest. */
  static Map<String, Node> of(SystemCalls guest) {
    MadeUpFiles made = new MadeUpFiles(guest);
    made.addDevices();
    made.addProcess();
    made.addSystem();
    return made.files;
  }

  private void addDevices() {
    device("/dev/null", MadeUpDevice.Kind.NULL);
    device("/dev/zero", MadeUpDevice.Kind.ZERO);
    device("/dev/full", MadeUpDevice.Kind.FULL);
    device("/dev/random", MadeUpDevice.Kind.RANDOM);
    device("/dev/urandom", MadeUpDevice.Kind.URANDOM);
    device("/dev/tty", MadeUpDevice.Kind.TTY);
    link("/dev/fd", "/proc/self/fd");
    link("/dev/stdin", "/proc/self/fd/0");
    link("/dev/stdout", "/proc/self/fd/1");
    link("/dev/stderr", "/proc/self/fd/2");
  }

  private void addProcess() {
    link("/proc/self", Integer.toString(ProcessCalls.PROCESS));
    link(SELF + "/exe", guest.program().path());
    text(SELF + "/cmdline", () -> String.join("\0", guest.program().arguments()) + "\0");
    text(SELF + "/comm", () -> guest.process().name() + "\n");
    text(SELF + "/environ", () -> "");
    text(SELF + "/maps", this::maps);
    text(SELF + "/mounts", this::mounts);
    text(SELF + "/stat", this::stat);
    text(SELF + "/statm", this::statm);
    text(SELF + "/status", this::status);
    add(new DescriptorDirectory(SELF + "/fd", nextInode, guest));
    nextInode += Descriptors.MOST + 1;
  }

  private void addSystem() {
    link("/proc/mounts", "self/mounts");
    text("/proc/cpuinfo", () -> "processor\t: 0\n\n");
    text("/proc/meminfo", this::memory);
    text("/proc/uptime", this::uptime);
    text("/proc/version", () -> "Linux version " + ProcessCalls.RELEASE + " #1 Hyperlight\n");
    text("/proc/sys/vm/overcommit_memory", () -> "2\n"); // what is mapped, is there
    text("/proc/sys/kernel/osrelease", () -> ProcessCalls.RELEASE + "\n");
    text("/sys/devices/system/cpu/online", () -> "0\n");
  }

  private void add(MadeUpNode node) {
    files.put(node.path(), node);
  }

  private void device(String path, MadeUpDevice.Kind kind) {
    add(new MadeUpDevice(path, nextInode++, guest, kind));
  }

  private void link(String path, String target) {
    add(new MadeUpLink(path, nextInode++, target));
  }

  private void text(String path, Supplier<String> text) {
    add(new MadeUpText(path, nextInode++, text));
  }

  /** As far as programs look for their heap and stack in it. */
  private String maps() {
    StringBuilder lines = new StringBuilder();
    for (Mappings.View view : guest.memory().mappings().views(0, AddressSpace.USER_END)) {
      lines.append(MapsLine.of(view, guest)).append('\n');
    }
    return lines.toString();
  }

  private String mounts() {
    StringBuilder lines = new StringBuilder("none / rootfs ro 0 0\n");
    for (String path : guest.mountPaths()) {
      lines.append("none ").append(escaped(path)).append(" tmpfs rw 0 0\n");
    }
    return lines.toString();
  }

  /** {@code getmntent(3)}. */
  private static String escaped(String path) {
    return path.replace("\\", "\\134")
        .replace(" ", "\\040")
        .replace("\t", "\\011")
        .replace("\n", "\\012");
  }

  private long totalBytes() {
    return guest.machine().memorySizeBytes();
  }

  private long usedBytes() {
    return totalBytes() - guest.space().freeBytes();
  }

  /** 52 numbers, of which few are not made up. */
  private String stat() {
    return "%d (%s) R 0 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 0 %d %d %s\n"
        .formatted(
            ProcessCalls.PROCESS,
            guest.process().name(),
            usedBytes(),
            usedBytes() / 4096,
            String.join(" ", Collections.nCopies(28, "0")));
  }

  private String statm() {
    long pages = usedBytes() / 4096;
    return "%d %d 0 0 0 %d 0\n".formatted(pages, pages, pages);
  }

  private String status() {
    int user = ProcessCalls.USER;
    return """
    Name:\t%s
    Umask:\t%04o
    State:\tR (running)
    Tgid:\t1
    Pid:\t1
    PPid:\t0
    TracerPid:\t0
    Uid:\t%d\t%d\t%d\t%d
    Gid:\t%d\t%d\t%d\t%d
    FDSize:\t%d
    Groups:\t
    VmSize:\t%8d kB
    VmRSS:\t%8d kB
    Threads:\t1
    NoNewPrivs:\t1
    """
        .formatted(
            guest.process().name().replace("\\", "\\\\").replace("\n", "\\n"),
            guest.files().umask(),
            user,
            user,
            user,
            user,
            user,
            user,
            user,
            user,
            guest.files().descriptors().limit(),
            usedBytes() / 1024,
            usedBytes() / 1024);
  }

  private String memory() {
    StringBuilder lines = new StringBuilder();
    for (Map.Entry<String, Long> entry :
        List.of(
            Map.entry("MemTotal", totalBytes()),
            Map.entry("MemFree", guest.space().freeBytes()),
            Map.entry("MemAvailable", guest.space().freeBytes()),
            Map.entry("Buffers", 0L),
            Map.entry("Cached", 0L),
            Map.entry("SwapTotal", 0L),
            Map.entry("SwapFree", 0L))) {
      lines.append("%-15s %8d kB\n".formatted(entry.getKey() + ":", entry.getValue() / 1024));
    }
    return lines.toString();
  }

  private String uptime() {
    double seconds = guest.time().now(false) / 1e9;
    return String.format(Locale.ROOT, "%.2f %.2f\n", seconds, 0.0);
  }
}
