package io.hyperlight.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checks that the floor makes exactly the system calls that docs/performance.md lists. */
class FloorTest {
  private static final int FEW = 2;
  private static final int MORE = 7;

  @TempDir private Path folder;

  @Test
  void compilesWithoutWarnings() {
    assertThat(FloorProgram.compile(List.of("-Werror"))).isExecutable();
  }

  @Test
  void anUnknownMeasurementIsToldAndNotAnswered() {
    try (Floor floor = Floor.start()) {
      assertThatThrownBy(() -> floor.ask(Question.of("nothing", 0), 1))
          .isInstanceOf(UncheckedIOException.class)
          .hasMessageContaining("floor: nothing: Invalid argument");
    }
  }

  @Test
  void machineCodeIsWhatItsCommentsSay() throws IOException, InterruptedException {
    String source = Files.readString(Path.of("src/main/c/floor/code.c"));
    Matcher loops =
        Pattern.compile("static const uint8_t (\\w+)\\[] = \\{\\n(.*?)\\n};", Pattern.DOTALL)
            .matcher(source);
    int found = 0;
    while (loops.find()) {
      List<String> bytes = new ArrayList<>();
      List<String> assembly = new ArrayList<>();
      for (String line : loops.group(2).split("\n", -1)) {
        String[] parts = line.split("/\\*", 2);
        bytes.add(parts[0].replaceAll("0x|[ ,]", ""));
        assembly.add(parts[1].replace("*/", "").strip());
      }
      assertThat(String.join("", bytes)).as(loops.group(1)).isEqualTo(assemble(assembly));
      found++;
    }
    assertThat(found).isEqualTo(7);
  }

  private String assemble(List<String> lines) throws IOException, InterruptedException {
    Path source = Files.writeString(folder.resolve("code.s"), String.join("\n", lines) + "\n");
    Path object = folder.resolve("code.o");
    Path binary = folder.resolve("code.bin");
    run(List.of("as", "-o", object.toString(), source.toString()));
    run(List.of("objcopy", "-O", "binary", object.toString(), binary.toString()));
    return HexFormat.of().formatHex(Files.readAllBytes(binary));
  }

  private static void run(List<String> command) throws IOException, InterruptedException {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
  }

  @Test
  void aSampleIsTheDocumentedSystemCallsAndNoOther() throws Exception {
    Strace.assumeItWorks(folder);
    Map<String, Map<String, Integer>> documented = new LinkedHashMap<>();
    for (List<String> row : DocumentedTable.rows("floor")) {
      documented.put(row.get(0).replace("`", ""), DocumentedTable.calls(row.get(2)));
    }
    Map<String, Map<String, Integer>> counted = new LinkedHashMap<>();
    for (String name : documented.keySet()) {
      counted.put(name, ofOneSample(name));
    }
    assertThat(counted).isEqualTo(documented);
  }

  /**
   * Returns the system calls of one sample. This is the difference between many and few samples,
   * divided by the difference of their numbers. A remainder belongs to calls that are made once or
   * not at all, such as the wait for a thread that has not ended yet.
   */
  private Map<String, Integer> ofOneSample(String name) throws Exception {
    Map<String, Integer> few = count(name, FEW);
    Map<String, Integer> difference = new TreeMap<>();
    count(name, MORE)
        .forEach((call, times) -> {
          int each = (times - few.getOrDefault(call, 0)) / (MORE - FEW);
          if (each != 0) {
            difference.put(call, each);
          }
        });
    return difference;
  }

  /** Counts the system calls of all threads of the program together. */
  private Map<String, Integer> count(String name, int samples) throws Exception {
    Path traces = Files.createDirectory(folder.resolve(name + samples));
    // The argument is the smallest useful one. For measurements of many VMs, it is their number.
    boolean ofMany = name.equals("density") || name.equals("live");
    String argument = ofMany ? "%d %d".formatted(1, samples) : "%d %d".formatted(samples, 1);
    if (name.equals("exit") || name.equals("exit2") || name.startsWith("life")) {
      argument = samples + " 0";
    }
    Strace.trace(traces, List.of(FloorProgram.file().toString()), name + " " + argument + "\n");
    List<String> calls = new ArrayList<>();
    Strace.threads(traces).forEach(calls::addAll);
    Map<String, Integer> counts = Strace.count(calls);
    // Allocating memory, reading files and losing a core are not part of a sample.
    List.of("brk", "read", "write", "sched_yield").forEach(counts::remove);
    return counts;
  }
}
