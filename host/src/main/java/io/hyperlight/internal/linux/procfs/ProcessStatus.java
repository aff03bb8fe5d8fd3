package io.hyperlight.internal.linux.procfs;

import io.hyperlight.internal.linux.base.TaskIdentity;
import io.hyperlight.internal.linux.limits.ResourceLimits;
import io.hyperlight.internal.linux.proc.Scheduling;
import io.hyperlight.internal.linux.signal.TaskSignals;
import io.hyperlight.internal.linux.task.GuestProcess;
import io.hyperlight.internal.linux.task.Task;
import io.hyperlight.internal.linux.time.ProcessorUsage;
import io.hyperlight.internal.linux.wait.TaskWait;
import io.hyperlight.internal.machine.memory.AddressSpace;
import java.util.Collections;
import java.util.function.Supplier;

/** Formats the short files of {@code /proc/self}: {@code proc_pid_status(5)} and its relatives. */
final class ProcessStatus {
  private static final long PAGE_SIZE = 4096;
  private static final long TICK_NANOS = 10_000_000;

  /** Names and units of the limits, in the order of their numbers. */
  private static final String[][] LIMITS = {
    {"Max cpu time", "seconds"},
    {"Max file size", "bytes"},
    {"Max data size", "bytes"},
    {"Max stack size", "bytes"},
    {"Max core file size", "bytes"},
    {"Max resident set", "bytes"},
    {"Max processes", "processes"},
    {"Max open files", "files"},
    {"Max locked memory", "bytes"},
    {"Max address space", "bytes"},
    {"Max file locks", "locks"},
    {"Max pending signals", "signals"},
    {"Max msgqueue size", "bytes"},
    {"Max nice priority", ""},
    {"Max realtime priority", ""},
    {"Max realtime timeout", "us"},
  };

  private final Supplier<Task> task;
  private final GuestProcess process;
  private final ResourceLimits limits;
  private final ProcessorUsage usage;

  /**
   * Creates the texts of a thread, or of a process, for which its first thread stands.
   *
   * @param task returns the thread
   */
  ProcessStatus(GuestProcess process, Supplier<Task> task) {
    this.process = process;
    this.task = task;
    limits = process.limits();
    usage = process.usage();
  }

  private String name() {
    return task.get().attributes().name();
  }

  /** Returns what a thread does now, with a letter first. */
  private static String activity(Task task) {
    if (task.hasExited()) {
      return "Z (zombie)";
    }
    return task.waiting().state() == TaskWait.State.BLOCKED ? "S (sleeping)" : "R (running)";
  }

  private long usedBytes() {
    return usage.usedBytes();
  }

  private long mappedBytes() {
    return process.memory().space().takenBytes(0, AddressSpace.USER_END, false);
  }

  String comm() {
    return name() + "\n";
  }

  /** Formats 52 numbers. Those that are 0 have no meaning here. */
  String stat() {
    Task own = task.get();
    TaskIdentity identity = own.identity();
    TaskSignals signals = own.signals();
    Scheduling scheduling = own.attributes().scheduling();
    return "%d (%s) %c %d %d %d 0 -1 4194304 %d 0 0 0 %d 0 0 0 %d %d %d 0 0 %d %d %s "
            .formatted(
                identity.thread(),
                name(),
                activity(own).charAt(0),
                identity.parent(),
                identity.process(),
                identity.process(),
                usage.peakBytes() / PAGE_SIZE,
                own.usage().processorNanos() / TICK_NANOS,
                20 + scheduling.nice(),
                scheduling.nice(),
                process.tasks().all().size(),
                mappedBytes(),
                usedBytes() / PAGE_SIZE,
                Long.toUnsignedString(limits.of(ResourceLimits.RSS).current()))
        + "0 0 0 0 0 %d %d %d %d "
            .formatted(
                legacy(signals.pending().ofTask().pending()),
                legacy(signals.blocked()),
                legacy(signals.actions().ignored()),
                legacy(signals.actions().caught()))
        + "0 0 0 17 0 0 %d ".formatted(scheduling.state().policy())
        + String.join(" ", Collections.nCopies(11, "0"))
        + "\n";
  }

  /** Keeps as many signals as that file has room for. */
  private static long legacy(long signals) {
    return signals & 0x7fff_ffffL;
  }

  String statm() {
    long pages = usedBytes() / PAGE_SIZE;
    long mapped = mappedBytes() / PAGE_SIZE;
    return "%d %d 0 0 0 %d 0\n".formatted(mapped, pages, mapped);
  }

  String status() {
    Task own = task.get();
    TaskIdentity identity = own.identity();
    StringBuilder lines = new StringBuilder();
    String user = Integer.toString(identity.user());
    String users = String.join("\t", user, user, user, user);
    line(lines, "Name", name().replace("\\", "\\\\").replace("\n", "\\n"));
    line(lines, "Umask", "%04o".formatted(process.files().umask()));
    line(lines, "State", activity(own));
    line(lines, "Tgid", Integer.toString(identity.process()));
    line(lines, "Ngid", "0");
    line(lines, "Pid", Integer.toString(identity.thread()));
    line(lines, "PPid", Integer.toString(identity.parent()));
    line(lines, "TracerPid", "0");
    line(lines, "Uid", users);
    line(lines, "Gid", users);
    line(lines, "FDSize", Integer.toString(process.files().descriptors().tableSize()));
    line(lines, "Groups", " ");
    for (String space : new String[] {"NStgid", "NSpid", "NSpgid", "NSsid"}) {
      int number = space.equals("NSpid") ? identity.thread() : identity.process();
      line(lines, space, Integer.toString(number));
    }
    memory(lines);
    line(lines, "Threads", Integer.toString(process.tasks().all().size()));
    signals(lines, own.signals());
    for (String capabilities : new String[] {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) {
      line(lines, capabilities, "%016x".formatted(0));
    }
    line(lines, "NoNewPrivs", "1");
    line(lines, "Seccomp", "0");
    line(lines, "Seccomp_filters", "0");
    line(lines, "Cpus_allowed", "1");
    line(lines, "Cpus_allowed_list", "0");
    line(lines, "Mems_allowed", "1");
    line(lines, "Mems_allowed_list", "0");
    line(lines, "voluntary_ctxt_switches", "0");
    line(lines, "nonvoluntary_ctxt_switches", "0");
    return lines.toString();
  }

  private void memory(StringBuilder lines) {
    long peak = usage.peakBytes();
    long stack = limits.stackBytes();
    size(lines, "VmPeak", Math.max(peak, mappedBytes()));
    size(lines, "VmSize", mappedBytes());
    size(lines, "VmLck", 0);
    size(lines, "VmPin", 0);
    size(lines, "VmHWM", peak);
    size(lines, "VmRSS", usedBytes());
    size(lines, "RssAnon", usedBytes());
    size(lines, "RssFile", 0);
    size(lines, "RssShmem", 0);
    size(lines, "VmData", Math.max(0, mappedBytes() - stack));
    size(lines, "VmStk", stack);
    size(lines, "VmExe", 0);
    size(lines, "VmLib", 0);
    size(lines, "VmPTE", 0);
    size(lines, "VmSwap", 0);
  }

  private void signals(StringBuilder lines, TaskSignals signals) {
    line(lines, "SigQ", signals.pending().size() + "/" + limits.pendingSignals());
    line(lines, "SigPnd", "%016x".formatted(signals.pending().ofTask().pending()));
    line(lines, "ShdPnd", "%016x".formatted(signals.pendingOfProcess()));
    line(lines, "SigBlk", "%016x".formatted(signals.blocked()));
    line(lines, "SigIgn", "%016x".formatted(signals.actions().ignored()));
    line(lines, "SigCgt", "%016x".formatted(signals.actions().caught()));
  }

  private static void line(StringBuilder lines, String name, String value) {
    lines.append(name).append(":\t").append(value).append('\n');
  }

  private static void size(StringBuilder lines, String name, long bytes) {
    line(lines, name, "%8d kB".formatted(bytes / 1024));
  }

  String limits() {
    StringBuilder lines = new StringBuilder();
    lines.append(
        "%-25s %-20s %-20s %-10s\n".formatted("Limit", "Soft Limit", "Hard Limit", "Units"));
    for (int resource = 0; resource < LIMITS.length; resource++) {
      ResourceLimits.Limit limit = limits.of(resource);
      String unit = LIMITS[resource][1];
      lines.append(
          "%-25s %-20s %-20s %s\n"
              .formatted(
                  LIMITS[resource][0],
                  bound(limit.current()),
                  bound(limit.maximum()),
                  unit.isEmpty() ? "" : "%-10s".formatted(unit)));
    }
    return lines.toString();
  }

  private static String bound(long limit) {
    return limit == ResourceLimits.INFINITY ? "unlimited" : Long.toUnsignedString(limit);
  }

  /** Formats {@code /proc/self/io}: nothing is counted. */
  static String transfers() {
    StringBuilder lines = new StringBuilder();
    for (String name :
        new String[] {
          "rchar", "wchar", "syscr", "syscw", "read_bytes", "write_bytes", "cancelled_write_bytes"
        }) {
      lines.append(name).append(": 0\n");
    }
    return lines.toString();
  }
}
