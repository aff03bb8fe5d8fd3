package io.hyperlight.internal.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.testing.NotInHardwareLane;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@NotInHardwareLane("No VM takes part.")
class ProcessBudgetTest {
  @TempDir Path root;

  @BeforeEach
  void writeMemory() throws IOException {
    write("proc/meminfo", "MemTotal:       1000 kB\nMemFree:        10 kB\n");
  }

  @AfterEach
  void clearProperties() {
    System.clearProperty(ProcessBudget.COUNT_PROPERTY);
    System.clearProperty(ProcessBudget.BYTES_PROPERTY);
  }

  private void write(String file, String text) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  @Test
  void halfOfTheMachinesMemoryAndAThousandSandboxesAreTheDefault() {
    PoolBudget budget = ProcessBudget.read(root);
    assertThat(budget.maximumCount()).isEqualTo(1000);
    assertThat(budget.maximumBytes()).isEqualTo(1000 * 1024 / 2);
  }

  @Test
  void aControlGroupMayHaveLess() throws IOException {
    write("proc/self/cgroup", "0::/a/b\n");
    write("sys/fs/cgroup/a/b/memory.max", "max\n");
    write("sys/fs/cgroup/a/memory.max", "70000\n");
    assertThat(ProcessBudget.availableMemory(root)).isEqualTo(70000);
  }

  @Test
  void aControlGroupMayHaveMore() throws IOException {
    write("proc/self/cgroup", "0::/a\n");
    write("sys/fs/cgroup/a/memory.max", "99999999999\n");
    assertThat(ProcessBudget.availableMemory(root)).isEqualTo(1000 * 1024);
  }

  @Test
  void theGroupOfAContainerIsTheRootOfItsNamespace() throws IOException {
    write("proc/self/cgroup", "0::/../outside\n");
    write("sys/fs/cgroup/memory.max", "80000\n");
    write("sys/fs/outside/memory.max", "1\n");
    assertThat(ProcessBudget.availableMemory(root)).isEqualTo(80000);
  }

  @Test
  void theFirstVersionOfControlGroupsCountsToo() throws IOException {
    write("proc/self/cgroup", "5:devices:/\n4:cpu,memory:/a\n0::/\n");
    write("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "60000\n");
    assertThat(ProcessBudget.availableMemory(root)).isEqualTo(60000);
  }

  @Test
  void propertiesSetTheLimits() {
    System.setProperty(ProcessBudget.COUNT_PROPERTY, "7");
    System.setProperty(ProcessBudget.BYTES_PROPERTY, "123456789012");
    PoolBudget budget = ProcessBudget.read(root);
    assertThat(budget.maximumCount()).isEqualTo(7);
    assertThat(budget.maximumBytes()).isEqualTo(123_456_789_012L);
  }

  @Test
  void aPropertyThatIsNoPositiveNumberIsRefusedByName() {
    for (String value : new String[] {"", "many", "0", "-1", "1.5"}) {
      System.setProperty(ProcessBudget.COUNT_PROPERTY, value);
      assertThatThrownBy(() -> ProcessBudget.read(root))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "the system property hyperlight.pool.maxSandboxes is \"%s\": must be a positive number"
                  .formatted(value));
    }
  }
}
