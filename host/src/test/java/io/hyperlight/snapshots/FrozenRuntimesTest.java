package io.hyperlight.snapshots;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.FileTree;
import io.hyperlight.Program;
import io.hyperlight.ProgramServer;
import io.hyperlight.SandboxInternals;
import io.hyperlight.internal.call.MovingProgram;
import io.hyperlight.internal.call.MovingProgram.Moment;
import io.hyperlight.internal.call.MovingProgram.Place;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.Needs;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.SourceFile;
import io.hyperlight.testing.TemporaryFolder;
import io.hyperlight.testing.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A busy JVM and a busy Node are stopped at random moments, frozen, and go on in other VMs, again
 * and again. They print what they print natively.
 */
@NotInHardwareLane("They compute for seconds, which takes minutes there.")
@Tag("slow")
class FrozenRuntimesTest {
  /** How often each is frozen. */
  private static final int FREEZES = Integer.getInteger("hyperlight.test.freezes", 8);

  /** How much work a program is given. */
  private static final int ROUNDS = Integer.getInteger("hyperlight.test.freezes.rounds", 2);

  /** How many nanoseconds a program computes before it is frozen, at most. */
  private static final int LONGEST = 30_000_000;

  /** How many system calls it makes before it is frozen, at most. */
  private static final int MOST_CALLS = 400;

  private static final int MOST_SWITCHES = 100;
  private static final int MOST_FAULTS = 10;

  private static final long SEED = Long.getLong("hyperlight.test.seed", 1);

  private static final Path JAVA_HOME = Path.of(System.getProperty("java.home"));

  private static final List<String> SYSTEM = List.of("/usr", "/lib", "/lib64", "/etc");

  private final Random random = new Random(SEED);

  /** How often it was frozen at each kind of place. */
  private final Map<Place, Integer> frozen = new TreeMap<>();

  /** How often so many threads ran when all processors were stopped. */
  private final Map<Integer, Integer> running = new TreeMap<>();

  /** Whether it runs on several processors. */
  private boolean together;

  private Program program(List<String> command) {
    Program program =
        Program.of(Path.of(command.getFirst()))
            .args(command.subList(1, command.size()).toArray(String[]::new))
            .memorySize(512 << 20)
            .allowCodeGeneration()
            .callTimeout(Duration.ofMinutes(5));
    SYSTEM.forEach(folder -> program.mount(folder, FileTree.directory(Path.of(folder))));
    return program.mount("/tmp", FileTree.memory(16 << 20));
  }

  @ParameterizedTest
  @CsvSource({
    "-XX:+UseSerialGC, 1",
    "-XX:+UseG1GC, 1",
    "-XX:+UseG1GC, 2",
    "-XX:+UseParallelGC, 2",
  })
  void aBusyJvmGoesOnInOtherVms(String collector, int processors) throws IOException {
    Path folder = TemporaryFolder.create("busy");
    Path source = folder.resolve("Busy.java");
    Files.writeString(source, SourceFile.of(FrozenRuntimesTest.class, "Busy.java"));
    Command.run(
            JAVA_HOME.resolve("bin/javac").toString(), "-d", folder.toString(), source.toString())
        .outputOfSuccess();
    List<String> command =
        List.of(
            JAVA_HOME.resolve("bin/java").toString(),
            collector,
            "-Xmx64m",
            "-XX:-UsePerfData",
            "-cp",
            folder.toString(),
            "Busy");
    freezeOften(
        "JVM with %s and %d processors".formatted(collector, processors),
        command,
        processors,
        program(command)
            .mount(JAVA_HOME.toString(), FileTree.directory(JAVA_HOME))
            .mount(folder.toString(), FileTree.directory(folder)));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  @Needs(Tool.NODE)
  void aBusyNodeGoesOnInOtherVms(int processors) throws IOException {
    Path folder = TemporaryFolder.create("busy");
    Path script = folder.resolve("busy.js");
    Files.writeString(script, SourceFile.of(FrozenRuntimesTest.class, "busy.js"));
    List<String> command = List.of("/usr/bin/node", script.toString());
    freezeOften(
        "Node with %d processors".formatted(processors),
        command,
        processors,
        program(command).mount(folder.toString(), FileTree.directory(folder)));
  }

  private void freezeOften(String name, List<String> command, int processors, Program program) {
    together = processors > 1;
    String expected =
        new String(
            Command.runAlone(command, String.valueOf(ROUNDS).getBytes(UTF_8)).output(), UTF_8);
    assertThat(expected).endsWith("done\n");
    try (ProgramServer server = program.processors(processors).startServing()) {
      while (count() < FREEZES) {
        MovingProgram moving =
            MovingProgram.of(SandboxInternals.instanceOf(server), String.valueOf(ROUNDS));
        try {
          while (count() < FREEZES && goesOn(moving)) {
            frozen.merge(moving.place(), 1, Integer::sum);
            if (moving.place() == Place.TOGETHER) {
              running.merge(moving.stoppedTogether(), 1, Integer::sum);
            }
            moving = continued(moving, expected);
            if (count() % 50 == 0) {
              System.out.println(name + ": frozen " + frozen);
            }
          }
          assertRight(moving, expected);
        } finally {
          moving.close();
        }
      }
    }
    System.out.println(name + ": frozen " + frozen + ", threads that ran then " + running);
    Set<Place> places = EnumSet.complementOf(EnumSet.of(Place.AT_REST, Place.ENDED));
    if (!together) {
      places.remove(Place.TOGETHER);
    }
    assertThat(frozen).containsOnlyKeys(places);
    assertThat(running.containsKey(2)).isEqualTo(together);
  }

  private int count() {
    return frozen.values().stream().mapToInt(Integer::intValue).sum();
  }

  /** Runs a program to a random moment. Returns false if it has ended. */
  private boolean goesOn(MovingProgram program) {
    boolean isForSeveral = together && count() == 5;
    do {
      program.run(someMoment());
    } while (isForSeveral && !program.hasEnded() && program.stoppedTogether() < 2);
    return !program.hasEnded();
  }

  private Moment someMoment() {
    return switch (count() < 6 ? count() : random.nextInt(10)) { // each kind at least once
      case 0 -> new Moment(Place.AT_CALL, random.nextInt(MOST_CALLS));
      case 1 -> new Moment(Place.READY, random.nextInt(MOST_CALLS));
      case 2 -> new Moment(Place.AT_SWITCH, random.nextInt(MOST_SWITCHES));
      case 3 -> new Moment(Place.AT_FAULT, random.nextInt(MOST_FAULTS));
      case 4 -> new Moment(Place.KICKED, random.nextInt(LONGEST));
      default -> new Moment(together ? Place.TOGETHER : Place.KICKED, random.nextInt(LONGEST));
    };
  }

  /** Freezes a program and returns one that goes on, mostly in another VM. */
  private MovingProgram continued(MovingProgram program, String expected) {
    if (random.nextInt(8) == 0) {
      MovingProgram restored = program.spawnAndRestore(someMoment(), someMoment());
      program.close();
      return restored;
    }
    int others = random.nextInt(30) == 0 ? 2 : 0;
    List<MovingProgram> all = new ArrayList<>(program.spawn(1 + others));
    all.add(program);
    boolean staysThere = random.nextInt(10) == 0;
    MovingProgram next = all.remove(staysThere ? all.size() - 1 : 0);
    try {
      if (others > 0) {
        for (MovingProgram each : all) {
          assertRight(each, expected);
        }
      }
      return next;
    } catch (Throwable t) {
      next.close();
      throw t;
    } finally {
      all.forEach(MovingProgram::close);
    }
  }

  private void assertRight(MovingProgram program, String expected) {
    String result = program.hasEnded() ? program.result() : program.finish();
    assertThat(result)
        .as("seed %d, after %s", SEED, frozen)
        .startsWith(expected + "Exited[status=0,");
  }
}
