package io.hyperlight.bench;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Runs programs under strace and counts their system calls. */
final class Strace {
  private static final Pattern CALL =
      Pattern.compile("(?:\\d+ +)?(\\w+)\\((?:\\d+, (KVM_\\w+))?.*");

  /** Matches a KVM_RUN that a signal of the JVM ended. The library repeats such a call. */
  private static final Pattern ENDED_BY_SIGNAL = Pattern.compile(".*KVM_RUN.*= -1 EINTR .*");

  private Strace() {}

  static void assumeItWorks(Path folder) throws IOException, InterruptedException {
    String reason = "needs strace (apt-get install strace) and the permission to trace";
    try {
      run(List.of("strace", "-o", folder.resolve("probe").toString(), "true"), "");
    } catch (IOException | AssertionError e) {
      assumeTrue(false, () -> reason + ": " + e.getMessage());
    }
  }

  /**
   * Runs a program.
   *
   * @param folder gets a file for each thread, with the thread's system calls
   * @return the output of the program
   */
  static byte[] trace(Path folder, List<String> program, String input)
      throws IOException, InterruptedException {
    Path files = folder.resolve("trace");
    List<String> command =
        new ArrayList<>(List.of("strace", "-ff", "-e", "signal=none", "-o", files.toString()));
    command.addAll(program);
    return run(command, input);
  }

  private static byte[] run(List<String> command, String input)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try (var in = process.getOutputStream()) {
      in.write(input.getBytes(UTF_8));
    }
    byte[] said = process.getInputStream().readAllBytes();
    if (process.waitFor() != 0) {
      throw new AssertionError(command + " failed");
    }
    return said;
  }

  /** {@return the system calls of each thread} */
  static List<List<String>> threads(Path folder) throws IOException {
    List<List<String>> threads = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.sorted().toList()) {
        if (String.valueOf(file.getFileName()).startsWith("trace.")) {
          threads.add(Files.readAllLines(file));
        }
      }
    }
    return threads;
  }

  /** {@return how often each system call was made. An ioctl of KVM counts as its request} */
  static Map<String, Integer> count(List<String> calls) {
    Map<String, Integer> counts = new TreeMap<>();
    for (String call : calls) {
      Matcher matcher = CALL.matcher(call);
      if (matcher.matches()) {
        String request = matcher.group(2);
        counts.merge(request == null ? matcher.group(1) : request, 1, Integer::sum);
      }
    }
    return counts;
  }

  /** Returns the calls that no signal ended. */
  static List<String> completed(List<String> calls) {
    return calls.stream().filter(call -> !ENDED_BY_SIGNAL.matcher(call).matches()).toList();
  }
}
