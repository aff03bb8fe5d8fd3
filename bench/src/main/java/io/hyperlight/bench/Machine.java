package io.hyperlight.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.stream.Stream;

/**
 * The machine that results are from.
 *
 * @param date when they were taken, in UTC
 * @param processor the model of its processors
 * @param processors how many there are
 * @param kernel the release of its kernel
 * @param kvm the module that runs VMs
 * @param java the version of the JVM
 * @param load how many threads ran or wanted to when the run began, as a mean of a minute
 */
record Machine(
    String date,
    String processor,
    int processors,
    String kernel,
    String kvm,
    String java,
    double load) {
  private static final String UNKNOWN = "unknown";

  /** Describes this machine. */
  static Machine current() {
    return new Machine(
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
        model(),
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("os.version", UNKNOWN),
        module(),
        System.getProperty("java.vm.version", UNKNOWN),
        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
  }

  /** Returns what a chart says of it. */
  String caption() {
    return "%s, %d processors, %s, Linux %s, %s"
        .formatted(processor, processors, kvm, kernel, date.substring(0, 10));
  }

  private static String model() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(UNKNOWN);
    } catch (IOException e) {
      return UNKNOWN; // a caption is no reason to fail
    }
  }

  private static String module() {
    return List.of("kvm_pvm", "kvm_intel", "kvm_amd").stream()
        .filter(module -> Files.isDirectory(Path.of("/sys/module", module)))
        .findFirst()
        .orElse("kvm");
  }
}
