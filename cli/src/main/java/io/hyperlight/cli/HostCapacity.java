package io.hyperlight.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds out what this machine has for sandboxes, and how many sandboxes that is enough for. */
final class HostCapacity {
  /** A sandbox holds the descriptors of its VM and of its vCPU. */
  static final int DESCRIPTORS = 2;

  /**
   * The mappings of a sandbox that was spawned from a snapshot. These are the pieces of the
   * snapshot that make up its memory, the dirty ring, and the {@code kvm_run} page. The memory of a
   * sandbox that was built is one piece.
   */
  static final int MAPPINGS = 8;

  /** A rough count of the descriptors that a JVM itself has open. */
  private static final int DESCRIPTORS_OF_JVM = 100;

  /** A rough count of the mappings of a JVM itself. */
  private static final int MAPPINGS_OF_JVM = 1_000;

  /**
   * The kernel and host memory of a sandbox whose guest touches almost nothing, in KiB, rounded up.
   */
  private static final int SMALL_KIB = 1_024;

  /**
   * A fact about this machine.
   *
   * @param subject the name of a resource
   * @param value the amount or kind of it
   * @param meaning the consequence for sandboxes
   */
  record Fact(String subject, String value, String meaning) {}

  private final Path root;

  /**
   * Makes an object that reads nothing yet.
   *
   * @param root the directory with {@code proc} and {@code sys}
   */
  HostCapacity(Path root) {
    this.root = root;
  }

  /**
   * Returns what can be found out, in a fixed order. Facts that this machine hides are left out.
   */
  List<Fact> facts() {
    List<Fact> facts = new ArrayList<>();
    read("sys/devices/system/clocksource/clocksource0/current_clocksource")
        .ifPresent(source -> facts.add(clock(source)));
    openFiles().ifPresent(most -> facts.add(openFiles(most)));
    read("proc/sys/vm/max_map_count")
        .flatMap(HostCapacity::number)
        .ifPresent(most -> facts.add(mappings(most)));
    meminfo("MemAvailable").ifPresent(kib -> facts.add(memory(kib)));
    read("sys/kernel/mm/transparent_hugepage/enabled")
        .ifPresent(text -> facts.add(hugePages(text)));
    reservedHugePages().ifPresent(facts::add);
    return facts;
  }

  private static Fact clock(String source) {
    String meaning =
        switch (source) {
          case "tsc" ->
              "the host reads its clock without a system call: calls are as fast as can be";
          case "kvm-clock", "hyperv_clocksource_tsc_page" ->
              "a virtual machine's clock, read without a system call: calls are as fast as can be";
          default ->
              "the host needs a system call or a device to read it, which each call with a time"
                  + " limit pays for; tsc is better, where the processor's counter is stable";
        };
    return new Fact("clock source", source, meaning);
  }

  private static Fact openFiles(long most) {
    long sandboxes = Math.max(0, most - DESCRIPTORS_OF_JVM) / DESCRIPTORS;
    return new Fact(
        "open files",
        count(most),
        "%d for a sandbox: some %s sandboxes in a process; ulimit -n (LimitNOFILE= of a service) raises it"
            .formatted(DESCRIPTORS, count(sandboxes)));
  }

  private static Fact mappings(long most) {
    long sandboxes = Math.max(0, most - MAPPINGS_OF_JVM) / MAPPINGS;
    return new Fact(
        "vm.max_map_count",
        count(most),
        "%d for a sandbox with a small guest from a snapshot: some %s of these in a process; a large program needs some dozens; sysctl -w vm.max_map_count=NUMBER raises it"
            .formatted(MAPPINGS, count(sandboxes)));
  }

  private static Fact memory(long kib) {
    return new Fact(
        "memory",
        "%s MiB available".formatted(count(kib >> 10)),
        "some %s sandboxes whose guests touch little; each costs what its guest touches, and about"
                .formatted(count(kib / SMALL_KIB))
            + " 1 MiB beside that");
  }

  private static Fact hugePages(String text) {
    Matcher chosen = Pattern.compile("\\[(\\w+)\\]").matcher(text);
    String value = chosen.find() ? chosen.group(1) : text;
    String meaning =
        value.equals("always")
            ? "the kernel may back a guest's memory by 2 MiB at a time: fewer page faults, but a"
                + " guest that touches little may take more memory; madvise saves it"
            : "a guest takes the memory that it touches, 4 KiB at a time";
    return new Fact("transparent huge pages", value, meaning);
  }

  /** Reserved huge pages are worth a line: the kernel uses that memory for nothing else. */
  private Optional<Fact> reservedHugePages() {
    OptionalLong pages = find("proc/meminfo", "(?m)^HugePages_Total:\\s+(\\d{1,9})$");
    OptionalLong kib = meminfo("Hugepagesize");
    if (pages.isEmpty() || kib.isEmpty()) {
      return Optional.empty();
    }
    long mib = (pages.getAsLong() * kib.getAsLong()) >> 10;
    return Optional.of(
        new Fact(
            "reserved huge pages",
            count(pages.getAsLong()),
            mib == 0
                ? "none, and sandboxes need none"
                : "%s MiB that sandboxes do not use; sysctl -w vm.nr_hugepages=0 frees them, if nothing else needs them"
                    .formatted(count(mib))));
  }

  private Optional<String> read(String path) {
    try {
      return Optional.of(Files.readString(root.resolve(path), StandardCharsets.UTF_8).strip());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /**
   * Returns the soft limit. The JVM raises it to the hard limit when it starts, unless an option
   * forbids that.
   */
  private OptionalLong openFiles() {
    return find("proc/self/limits", "(?m)^Max open files\\s+(\\d+)");
  }

  private OptionalLong meminfo(String name) {
    return find("proc/meminfo", "(?m)^" + name + ":\\s+(\\d+) kB");
  }

  private OptionalLong find(String path, String pattern) {
    Matcher matcher = Pattern.compile(pattern).matcher(read(path).orElse(""));
    return matcher.find()
        ? OptionalLong.of(Long.parseLong(matcher.group(1)))
        : OptionalLong.empty();
  }

  private static Optional<Long> number(String text) {
    try {
      return Optional.of(Long.valueOf(text));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  private static String count(long number) {
    return "%,d".formatted(number);
  }
}
