package io.hyperlight.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * What the process holds of KVM.
 *
 * @param descriptors descriptors of VMs, vCPUs and snapshots
 * @param mappings mappings of vCPUs and snapshots
 * @param threads that the kernel made for VMs
 * @param virtualMemory the process's virtual memory, in units
 */
public record Held(long descriptors, long mappings, long threads, long virtualMemory) {
  /**
   * Returns what the process holds now.
   *
   * @param unit the unit of virtual memory, in bytes
   */
  public static Held now(long unit) throws IOException {
    return new Held(
        descriptorsOfVms(), mappingsOfVcpus(), threadsOfVms(), virtualMemorySize() / unit);
  }

  private static long descriptorsOfVms() throws IOException {
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      return descriptors.map(Held::target).filter(target -> isOfVm(target)).count();
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
      return mappings.filter(line -> line.contains("kvm-vcpu") || line.contains(SNAPSHOT)).count();
    }
  }

  private static long threadsOfVms() throws IOException {
    try (Stream<Path> threads = Files.list(Path.of("/proc/self/task"))) {
      return threads.map(Held::nameOfThread).filter(name -> name.startsWith("kvm")).count();
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
    return Long.parseLong(pages) * 4096;
  }

  private static final String SNAPSHOT = "memfd:hyperlight-snapshot";

  private static boolean isOfVm(String target) {
    return target.startsWith("anon_inode:kvm-v") || target.contains(SNAPSHOT);
  }
}
