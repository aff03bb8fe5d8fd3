package io.hyperlight.internal.linux.procfs;

import io.hyperlight.internal.linux.base.Kernel;
import io.hyperlight.internal.linux.base.TaskIdentity;
import io.hyperlight.internal.linux.fd.Descriptors;
import io.hyperlight.internal.linux.fd.ProcessFiles;
import io.hyperlight.internal.linux.mm.Mappings;
import io.hyperlight.internal.linux.proc.ProcessAttributes;
import io.hyperlight.internal.linux.pseudo.HostChannels;
import io.hyperlight.internal.linux.pseudo.HostDevice;
import io.hyperlight.internal.linux.pseudo.MagicLink;
import io.hyperlight.internal.linux.pseudo.PseudoDevice;
import io.hyperlight.internal.linux.pseudo.PseudoLines;
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

  /** The directories of the process, and of the task. */
  private final List<String> folders;

  private final Map<String, Node> files = new LinkedHashMap<>();
  private long nextInode = 1000;

  private PseudoFiles(Task task) {
    this.task = task;
    process = task.process();
    TaskIdentity identity = task.identity();
    String self = "/proc/" + identity.process();
    folders = List.of(self, self + "/task/" + identity.thread());
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
    TaskIdentity identity = task.identity();
    ProcessFiles own = process.files();
    ProcessStatus status = new ProcessStatus(task);
    SystemStatus system = new SystemStatus(process);
    MemoryTexts memory = new MemoryTexts(process.memory(), new MapsLine(process));
    link("/proc/self", Integer.toString(identity.process()));
    link("/proc/thread-self", identity.process() + "/task/" + identity.thread());
    ProgramFile program = new ProgramFile(process.program(), own, folders, nextInode++);
    for (String folder : folders) {
      add(new ProgramFile.Link(folder, nextInode++, program));
      add(new MagicLink(folder + "/cwd", nextInode++, own::workingDirectory));
      add(new MagicLink(folder + "/root", nextInode++, () -> own.paths().root()));
      plain(
          folder + "/cmdline",
          () -> String.join("\0", process.program().identity().arguments()) + "\0");
      ProcessAttributes attributes = process.attributes();
      add(
          new PseudoText(
              folder + "/comm",
              nextInode++,
              PseudoText.Kind.SEQUENCE,
              status::comm,
              task.attributes()::rename));
      plain(folder + "/environ", () -> "");
      plain(folder + "/auxv", process.program()::auxiliaryVector);
      text(folder + "/cgroup", () -> "0::/\n");
      text(folder + "/io", ProcessStatus::transfers);
      text(folder + "/limits", status::limits);
      text(folder + "/mounts", system::mounts);
      text(folder + "/mountinfo", system::mountInformation);
      text(folder + "/oom_score", () -> "0\n");
      add(
          new PseudoText(
              folder + "/oom_score_adj",
              nextInode++,
              PseudoText.Kind.PLAIN,
              () -> attributes.state().badness() + "\n",
              attributes::setBadness));
      text(folder + "/personality", () -> "00000000\n");
      text(folder + "/stat", status::stat);
      text(folder + "/statm", status::statm);
      text(folder + "/status", status::status);
      text(folder + "/wchan", () -> "0");
      lines(folder + "/maps", memory::nextMapping);
      lines(folder + "/smaps", memory::nextDetails);
      add(new DescriptorDirectory(folder + "/fd", nextInode, own));
      nextInode += Descriptors.MAX + 1;
      add(new DescriptorStatus(folder + "/fdinfo", nextInode, own));
      nextInode += Descriptors.MAX + 1;
    }
  }

  private void addSystem() {
    SystemStatus system = new SystemStatus(process);
    link("/proc/mounts", "self/mounts");
    text("/proc/cpuinfo", () -> "processor\t: 0\n\n");
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
    attribute("/sys/devices/system/cpu/online", () -> "0\n");
    attribute("/sys/devices/system/cpu/possible", () -> "0\n");
    attribute("/sys/devices/system/cpu/present", () -> "0\n");
    attribute("/sys/kernel/mm/transparent_hugepage/enabled", () -> "always madvise [never]\n");
  }

  private void lines(String path, PseudoLines.Source source) {
    add(new PseudoLines(path, nextInode++, task.world().checkpoint(), source));
  }

  private void add(PseudoNode node) {
    files.put(node.path(), node);
  }

  private void device(String path, PseudoDevice.Kind kind) {
    add(new PseudoDevice(path, nextInode++, task.world().random(), kind));
  }

  private void link(String path, String target) {
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
