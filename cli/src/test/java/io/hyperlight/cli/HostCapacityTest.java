package io.hyperlight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.examples.Walkthrough;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checks what the doctor reports about capacity, with the files of other machines. */
class HostCapacityTest {
  @TempDir private Path root;

  private void write(String path, String text) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private String meaningOf(String subject) {
    return new HostCapacity(root)
        .facts().stream()
            .filter(fact -> fact.subject().equals(subject))
            .map(fact -> fact.value() + "; " + fact.meaning())
            .findFirst()
            .orElse("nothing");
  }

  @Test
  void openFilesAndMappingsAreToldAsNumbersOfSandboxes() throws IOException {
    write(
        "proc/self/limits",
        "Limit  Soft Limit  Hard Limit\nMax open files            1100  4096  files\n");
    write("proc/sys/vm/max_map_count", "65000\n");
    assertThat(meaningOf("open files")).startsWith("1,100; ").contains("some 500 sandboxes");
    assertThat(meaningOf("vm.max_map_count"))
        .startsWith("65,000; ")
        .contains("some 8,000 of these");
  }

  @Test
  void memoryIsToldAsANumberOfSandboxes() throws IOException {
    write("proc/meminfo", "MemTotal:  100 kB\nMemAvailable:  2048000 kB\n");
    assertThat(meaningOf("memory")).startsWith("2,000 MiB available; ").contains("2,000 sandboxes");
  }

  @Test
  void aSlowClockIsToldApartFromAFastOne() throws IOException {
    String file = "sys/devices/system/clocksource/clocksource0/current_clocksource";
    for (String fast : new String[] {"tsc", "kvm-clock", "hyperv_clocksource_tsc_page"}) {
      write(file, fast + "\n");
      assertThat(meaningOf("clock source")).startsWith(fast).contains("without a system call");
    }
    for (String slow : new String[] {"hpet", "acpi_pm", "xen"}) {
      write(file, slow + "\n");
      assertThat(meaningOf("clock source")).startsWith(slow).contains("needs a system call");
    }
  }

  @Test
  void theChoiceOfHugePagesIsRead() throws IOException {
    write("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
    assertThat(meaningOf("transparent huge pages")).startsWith("madvise; ");
  }

  @Test
  void reservedHugePagesAreToldAsMemoryThatSandboxesDoNotGet() throws IOException {
    write(
        "proc/meminfo", "HugePages_Total:     512\nHugePages_Free: 1\nHugepagesize:    2048 kB\n");
    assertThat(meaningOf("reserved huge pages")).startsWith("512; 1,024 MiB ");
    write("proc/meminfo", "HugePages_Total:       0\nHugepagesize:       2048 kB\n");
    assertThat(meaningOf("reserved huge pages")).startsWith("0; none");
  }

  @Test
  void whatCannotBeReadIsLeftOut() throws IOException {
    assertThat(new HostCapacity(root).facts()).isEmpty();
    write("proc/self/limits", "Max open files            unlimited  unlimited  files\n");
    write("proc/sys/vm/max_map_count", "none\n");
    assertThat(new HostCapacity(root).facts()).isEmpty();
  }

  @Test
  void whatIsToldOfASandboxIsWhatASandboxHas() throws IOException {
    int count = 50;
    List<Sandbox> sandboxes = new ArrayList<>();
    try (Sandbox first =
            Sandbox.builder(Walkthrough.guest()).hostFunction("get_weekday", () -> "x").build();
        Snapshot snapshot = first.snapshot()) {
      sandboxes.add(snapshot.spawn());
      long mappings = mappings();
      long descriptors = descriptors();
      for (int i = 0; i < count; i++) {
        sandboxes.add(snapshot.spawn());
      }
      // The mappings of the JVM itself may change meanwhile. Not every KVM has a dirty ring.
      assertThat(Math.round((double) (mappings() - mappings) / count))
          .isBetween(HostCapacity.MAPPINGS - 2L, (long) HostCapacity.MAPPINGS);
      assertThat(Math.round((double) (descriptors() - descriptors) / count))
          .isEqualTo(HostCapacity.DESCRIPTORS);
    } finally {
      sandboxes.forEach(Sandbox::close);
    }
  }

  private static long mappings() throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
      return lines.count();
    }
  }

  private static long descriptors() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
      return files.count();
    }
  }

  @Test
  void thisMachineIsTold() {
    assertThat(new HostCapacity(Path.of("/")).facts())
        .extracting(HostCapacity.Fact::subject)
        .contains("open files", "vm.max_map_count", "memory");
  }
}
