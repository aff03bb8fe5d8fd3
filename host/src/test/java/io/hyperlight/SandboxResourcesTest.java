package io.hyperlight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What sandboxes hold of the process while they are open, and that they give all of it back. */
final class SandboxResourcesTest {
  private static final int SANDBOXES = Integer.getInteger("hyperlight.test.sandboxes", 1000);

  /** So large that one that is left behind is more than the JVM takes by itself. */
  private static final long MEMORY_SIZE = 1L << 30;

  private static final String FUNCTIONS =
      """
      HL_EXPORT(void, fault)
      void fault(void)
      {
          store(0);
      }

      HL_EXPORT(void, abort_it)
      void abort_it(void)
      {
          hl_abort(HL_STR("enough"));
      }
      """;

  private static final String FAULTING_INITIALISER =
      """
      __attribute__((constructor)) static void begin(void)
      {
          store(0);
      }
      """;

  /**
   * What the process has of a KVM.
   *
   * @param descriptors of VMs and vCPUs
   * @param mappings of vCPUs
   * @param threads that the kernel made for VMs
   * @param virtualMemory of the process, in units of a sandbox's memory
   */
  private record Held(long descriptors, long mappings, long threads, long virtualMemory) {
    static Held now() throws IOException {
      return new Held(descriptorsOfVms(), mappingsOfVcpus(), threadsOfVms(), virtualMemorySize());
    }
  }

  private static long descriptorsOfVms() throws IOException {
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      return descriptors
          .map(SandboxResourcesTest::target)
          .filter(target -> target.startsWith("anon_inode:kvm-v"))
          .count();
    }
  }

  private static String target(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (NoSuchFileException e) {
      return ""; // the descriptor of the listing itself
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long mappingsOfVcpus() throws IOException {
    try (Stream<String> mappings = Files.lines(Path.of("/proc/self/maps"))) {
      return mappings.filter(line -> line.contains("kvm-vcpu")).count();
    }
  }

  private static long threadsOfVms() throws IOException {
    try (Stream<Path> threads = Files.list(Path.of("/proc/self/task"))) {
      return threads
          .map(SandboxResourcesTest::nameOfThread)
          .filter(name -> name.startsWith("kvm"))
          .count();
    }
  }

  private static String nameOfThread(Path thread) {
    try {
      return Files.readString(thread.resolve("comm"));
    } catch (NoSuchFileException e) {
      return ""; // it has ended
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long virtualMemorySize() throws IOException {
    String pages = Files.readString(Path.of("/proc/self/statm")).split(" ", 2)[0];
    return Long.parseLong(pages) * 4096 / MEMORY_SIZE;
  }

  private static Sandbox.Builder builder() {
    return HostileGuest.builder(FUNCTIONS).memorySize(MEMORY_SIZE);
  }

  @Test
  void areTwoDescriptorsAndAMapping() throws IOException {
    builder().build().close();
    Held before = Held.now();
    try (Sandbox sandbox = builder().build()) {
      assertThat(sandbox.<Integer>call("ping", int.class, 1)).isEqualTo(2);
      Held during = Held.now();
      assertThat(during.descriptors).isEqualTo(before.descriptors + 2);
      assertThat(during.mappings).isEqualTo(before.mappings + 1);
      assertThat(during.virtualMemory).isGreaterThan(before.virtualMemory);
    }
    assertThat(Held.now()).isEqualTo(before);
  }

  @Test
  void areGivenBackByEverySandboxHoweverItEnded() throws IOException {
    useAndClose(0);
    useAndClose(1);
    Held before = Held.now();
    for (int i = 0; i < SANDBOXES; i++) {
      useAndClose(i);
    }
    assertThat(Held.now()).isEqualTo(before);
  }

  private static void useAndClose(int number) {
    if (number % 10 == 9) {
      assertThatThrownBy(HostileGuest.builder(FAULTING_INITIALISER).memorySize(MEMORY_SIZE)::build)
          .isInstanceOf(GuestFaultException.class);
      return;
    }
    try (Sandbox sandbox = builder().build()) {
      assertThat(sandbox.<Integer>call("ping", int.class, number)).isEqualTo(number + 1);
      if (number % 3 == 1) {
        assertThatThrownBy(() -> sandbox.call("fault", void.class))
            .isInstanceOf(GuestFaultException.class);
      } else if (number % 3 == 2) {
        assertThatThrownBy(() -> sandbox.call("abort_it", void.class))
            .isInstanceOf(GuestAbortException.class);
      }
    }
  }
}
