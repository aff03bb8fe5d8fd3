package io.hyperlight.internal.linux.procfs;

import io.hyperlight.internal.linux.base.Kernel;
import io.hyperlight.internal.linux.fd.Descriptors;
import io.hyperlight.internal.linux.mm.Mappings;
import io.hyperlight.internal.linux.pseudo.HostChannels;
import io.hyperlight.internal.linux.pseudo.HostDevice;
import io.hyperlight.internal.linux.pseudo.PseudoDevice;
import io.hyperlight.internal.linux.pseudo.PseudoLink;
import io.hyperlight.internal.linux.pseudo.PseudoNode;
import io.hyperlight.internal.linux.pseudo.PseudoText;
import io.hyperlight.internal.linux.task.GuestProcess;
import io.hyperlight.internal.linux.task.Task;
import io.hyperlight.internal.vfs.Node;
import io.hyperlight.spi.Extension;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The files that Linux programs expect, whatever is mounted: devices, {@code proc(5)} and {@code
 * sysfs(5)}. They show what this library knows of the guest. Nothing in them comes from the host.
 */
public final class PseudoFiles {
  private final Task task;
  private final GuestProcess process;

  private final Map<String, Node> files = new LinkedHashMap<>();
  private long nextInode = 1000;

  private PseudoFiles(Task task) {
    this.task = task;
    process = task.process();
  }

  /** Returns all pseudo files by path, as a task sees them. */
  public static Map<String, Node> of(Task task) {
    PseudoFiles made = new PseudoFiles(task);
    made.addDevices();
    made.addProcess();
    made.addSystem();
    return made.files;
  }

  private void addDevices() {
    device("/dev/null", PseudoDevice.Kind.NULL);
    device("/dev/zero", PseudoDevice.Kind.ZERO);
    device("/dev/full", PseudoDevice.Kind.FULL);
    device("/dev/random", PseudoDevice.Kind.RANDOM);
    device("/dev/urandom", PseudoDevice.Kind.URANDOM);
    device("/dev/tty", PseudoDevice.Kind.TTY);
    addHostDevices();
    link("/dev/fd", "/proc/self/fd");
    link("/dev/stdin", "/proc/self/fd/0");
    link("/dev/stdout", "/proc/self/fd/1");
    link("/dev/stderr", "/proc/self/fd/2");
  }

  private void addHostDevices() {
    HostChannels channels = task.world().files().channels();
    List<Extension> extensions = channels.extensions();
    for (int index = 0; index < extensions.size(); index++) {
      if (extensions.get(index) instanceof Extension.Device device) {
        add(new HostDevice(device.path(), nextInode++, channels, index));
      }
    }
  }

  private void addProcess() {
    int number = task.identity().process();
    String folder = "/proc/" + number;
    link("/proc/self", () -> Integer.toString(number));
    link(
        "/proc/thread-self",
        () -> number + "/task/" + task.world().scheduler().current().identity().thread());
    ProgramFile program = new ProgramFile(process.program(), process.files(), folder, nextInode++);
    ProcessFolder files = new ProcessFolder(process, program);
    files.nodes(folder, nextInode, process.tasks()::first).forEach(this::add);
    nextInode += ProcessFolder.INODES;
    add(new TaskDirectory(folder + "/task", nextInode++, process.tasks(), files));
  }

  private void addSystem() {
    SystemStatus system = new SystemStatus(process);
    link("/proc/mounts", "self/mounts");
    int processors = task.world().options().processors();
    String range = processors == 1 ? "0\n" : "0-" + (processors - 1) + "\n";
    text("/proc/cpuinfo", () -> cpuinfo(processors));
    text("/proc/filesystems", () -> "nodev\tproc\nnodev\ttmpfs\n");
    text("/proc/loadavg", () -> "0.00 0.00 0.00 1/1 1\n");
    text("/proc/meminfo", system::memory);
    text("/proc/stat", system::stat);
    text("/proc/uptime", system::uptime);
    text("/proc/version", () -> "Linux version " + Kernel.RELEASE + " #1 Hyperlight\n");
    plain("/proc/sys/fs/file-max", () -> Descriptors.MAX + "\n");
    plain("/proc/sys/fs/pipe-max-size", () -> "65536\n");
    plain("/proc/sys/kernel/cap_last_cap", () -> "40\n");
    plain("/proc/sys/kernel/hostname", () -> Kernel.HOST_NAME + "\n");
    plain("/proc/sys/kernel/ngroups_max", () -> "65536\n");
    plain("/proc/sys/kernel/osrelease", () -> Kernel.RELEASE + "\n");
    plain("/proc/sys/kernel/ostype", () -> "Linux\n");
    plain("/proc/sys/kernel/pid_max", () -> "32768\n");
    plain("/proc/sys/kernel/random/boot_id", () -> "00000000-0000-4000-8000-000000000000\n");
    plain("/proc/sys/kernel/random/uuid", system::uuid);
    plain("/proc/sys/vm/max_map_count", () -> Mappings.MAX + "\n");
    plain("/proc/sys/vm/overcommit_memory", () -> "0\n");
    attribute("/sys/devices/system/cpu/online", () -> range);
    attribute("/sys/devices/system/cpu/possible", () -> range);
    attribute("/sys/devices/system/cpu/present", () -> range);
    attribute("/sys/kernel/mm/transparent_hugepage/enabled", () -> "always madvise [never]\n");
  }

  private static String cpuinfo(int processors) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < processors; i++) {
      text.append("processor\t: ").append(i).append("\n\n");
    }
    return text.toString();
  }

  private void add(PseudoNode node) {
    files.put(node.path(), node);
  }

  private void device(String path, PseudoDevice.Kind kind) {
    add(new PseudoDevice(path, nextInode++, task.world().random(), kind));
  }

  private void link(String path, String target) {
    link(path, () -> target);
  }

  private void link(String path, Supplier<String> target) {
    add(new PseudoLink(path, nextInode++, target));
  }

  private void text(String path, Supplier<String> text) {
    text(path, PseudoText.Kind.SEQUENCE, text);
  }

  private void plain(String path, Supplier<String> text) {
    text(path, PseudoText.Kind.PLAIN, text);
  }

  private void attribute(String path, Supplier<String> text) {
    text(path, PseudoText.Kind.ATTRIBUTE, text);
  }

  private void text(String path, PseudoText.Kind kind, Supplier<String> text) {
    add(new PseudoText(path, nextInode++, kind, text, null));
  }
}
