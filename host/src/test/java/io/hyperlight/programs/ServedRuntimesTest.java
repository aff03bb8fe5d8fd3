package io.hyperlight.programs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.FileTree;
import io.hyperlight.Lease;
import io.hyperlight.Program;
import io.hyperlight.ProgramPool;
import io.hyperlight.ProgramServer;
import io.hyperlight.ProgramSnapshot;
import io.hyperlight.error.GuestTimeoutException;
import io.hyperlight.error.HyperlightException;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.Descriptors;
import io.hyperlight.testing.Needs;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.ResetOracle;
import io.hyperlight.testing.SourceFile;
import io.hyperlight.testing.TemporaryFolder;
import io.hyperlight.testing.Tool;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A served JVM and a served Node get requests that try to leave something behind, in every way
 * these programs have. The next request finds a newborn world.
 */
@Needs(Tool.NODE)
@NotInHardwareLane("They compile for seconds, which takes minutes there.")
@Tag("slow")
class ServedRuntimesTest {
  /** How many requests the long tests make; hyperlight.test.requests. */
  private static final int REQUESTS = Integer.getInteger("hyperlight.test.requests", 20);

  private static final long SEED = Long.getLong("hyperlight.test.seed", 1);

  /** How much processor time an attack may take. Some take as much as they may. */
  private static final Duration ATTACK_COMPUTES = Duration.ofMillis(500);

  /** How long an attack may take at all. Some wait for ever, and leave timers set. */
  private static final Duration ATTACK = Duration.ofSeconds(1);

  private static final int MEMBERS = 3;
  private static final int CALLERS = 4;

  private static final Path JAVA_HOME = Path.of(System.getProperty("java.home"));

  private static final Pattern NAME =
      Pattern.compile("attacks\\.put\\(\\s*\"([^\"]+)\",\\s*+(?!Serving)");

  /** A runtime that serves, and requests to it. */
  enum Served {
    JVM("Serving.java", "probe"),
    NODE(
        "serving.js",
        """
        (() => { const fs = require('fs'); return [++count, Object.keys(kept), process.title,
          process.env.LEFT, [1, 2].map((n) => n + 1), {}.left, JSON.stringify({ a: 1 }), String(7),
          fs.readFileSync('/tmp/seed', 'utf8'), fs.readdirSync('/tmp'), process.cwd(),
          process.umask(), fs.readdirSync('/proc/self/fd'), fs.readdirSync('/proc/self/task').length,
          process.listenerCount('SIGUSR2'), process.getActiveResourcesInfo(),
          Object.keys(require('module')._cache), typeof console.log, Math.random()].join('; '); })()
        """);

    private final String source;
    private final String probe;

    Served(String source, String probe) {
      this.source = source;
      this.probe = probe;
    }

    private String text() {
      return SourceFile.of(ServedRuntimesTest.class, source);
    }

    List<String> attacks() {
      List<String> attacks =
          this == JVM
              ? NAME.matcher(text())
                  .results()
                  .map(result -> result.group(1))
                  .filter(name -> !name.equals(probe)) // which one of them replaces
                  .toList()
              : List.of(
                  SourceFile.of(ServedRuntimesTest.class, "serving_attacks.js")
                      .replaceFirst("^.*\n", "")
                      .split("\n// ---\n"));
      assertThat(attacks).hasSizeGreaterThan(30).doesNotContain("probe");
      return attacks;
    }

    ProgramServer start(int processors) throws IOException {
      Path folder = TemporaryFolder.create("serving");
      Path file = folder.resolve(source);
      Files.writeString(file, text());
      Program program = this == JVM ? jvm(folder, file) : node();
      for (String system : List.of("/usr", "/lib", "/lib64", "/etc")) {
        program.mount(system, FileTree.directory(Path.of(system)));
      }
      program
          .mount("/app", FileTree.directory(folder))
          .mount("/tmp", FileTree.memory(16 << 20).with("seed", "s".getBytes(UTF_8)))
          .allowCodeGeneration()
          .processors(processors)
          .callTimeout(Duration.ofMinutes(2))
          .hostError(OutputStream.nullOutputStream());
      try (ProgramServer started = program.startServing();
          ProgramSnapshot warm = started.snapshot()) {
        return warm.spawner().cpuTimeLimit(ATTACK_COMPUTES).spawn();
      }
    }

    private static Program jvm(Path folder, Path file) {
      Command.run(
              JAVA_HOME.resolve("bin/javac").toString(),
              "-nowarn",
              "-d",
              folder.toString(),
              file.toString())
          .outputOfSuccess();
      return Program.of(JAVA_HOME.resolve("bin/java"))
          .args(
              "-XX:+UseSerialGC",
              "-Xmx64m",
              "-XX:-UsePerfData",
              "-XX:TieredStopAtLevel=1",
              "-cp",
              "/app",
              "Serving")
          .memorySize(256 << 20)
          .mount(JAVA_HOME.toString(), FileTree.directory(JAVA_HOME));
    }

    private static Program node() {
      return Program.of(Path.of("/usr/bin/node"))
          .args("--max-old-space-size=100", "/app/serving.js")
          .memorySize(512 << 20);
    }
  }

  /** What came of each attack. */
  private final Map<String, Map<String, Integer>> outcomes = new TreeMap<>();

  private void count(String attack, String outcome) {
    synchronized (outcomes) {
      outcomes
          .computeIfAbsent(firstLine(attack), _ -> new TreeMap<>())
          .merge(outcome, 1, Integer::sum);
    }
  }

  /** Chooses an attack. Those that have taken all their time come more seldom. */
  private String choose(List<String> attacks, Random random) {
    String attack = attacks.get(random.nextInt(attacks.size()));
    boolean isSlow;
    synchronized (outcomes) {
      isSlow =
          outcomes
              .getOrDefault(firstLine(attack), Map.of())
              .containsKey(GuestTimeoutException.class.getSimpleName());
    }
    return isSlow && random.nextInt(10) > 0 ? choose(attacks, random) : attack;
  }

  private static String firstLine(String attack) {
    return attack.lines().findFirst().orElse("");
  }

  private static String serve(Callable<byte[]> request) {
    try {
      return new String(request.call(), UTF_8);
    } catch (HyperlightException e) {
      return e.getClass().getSimpleName();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** Sends an attack, and returns what came of it. */
  private void attack(String attack, Callable<byte[]> request) {
    String answer = serve(request);
    count(attack, answer.endsWith("Exception") ? answer : "answered");
  }

  private static String probe(ProgramServer server, Served runtime) {
    return serve(() -> server.serve(runtime.probe.getBytes(UTF_8)));
  }

  @ParameterizedTest
  @CsvSource({"JVM, 1", "JVM, 2", "NODE, 1", "NODE, 2"})
  void aRestoreLeavesNothingBehind(Served runtime, int processors) throws IOException {
    try (ProgramServer first = runtime.start(processors);
        ProgramSnapshot warm = first.snapshot();
        ProgramServer used = warm.spawn()) {
      used.restore(warm); // turns dirty tracking on
      for (String attack : runtime.attacks()) {
        attack(attack, () -> used.within(ATTACK).serve(attack.getBytes(UTF_8)));
        used.restore(warm);
        try (ProgramServer newborn = warm.spawn()) {
          assertThat(ResetOracle.differences(newborn, used)).as(attack).isEmpty();
          assertThat(used.files().paths().toList()).isEqualTo(newborn.files().paths().toList());
        }
      }
    }
    System.out.println(runtime + ", " + processors + ": " + outcomes);
  }

  @ParameterizedTest
  @CsvSource({"JVM, 1", "JVM, 2", "NODE, 1", "NODE, 2"})
  void eachRequestFindsANewbornWorld(Served runtime, int processors) throws IOException {
    runtime.start(processors).close(); // opens what the process opens only once
    Map<String, Integer> before = Descriptors.of("/");
    try (ProgramServer first = runtime.start(processors);
        ProgramSnapshot warm = first.snapshot();
        ProgramServer server = warm.spawn()) {
      String expected = probe(server, runtime);
      assertThat(expected).isNotBlank().doesNotContain("Exception");
      List<String> attacks = runtime.attacks();
      Random random = new Random(SEED);
      for (int i = 0; i < REQUESTS; i += 2) {
        server.restore(warm);
        String attack = choose(attacks, random);
        attack(attack, () -> server.within(ATTACK).serve(attack.getBytes(UTF_8)));
        if (i % 6 == 0) {
          serve(() -> server.within(ATTACK).serve(attacks.getFirst().getBytes(UTF_8)));
        }
        server.restore(warm);
        assertThat(probe(server, runtime)).as("seed %d, %s", SEED, attack).isEqualTo(expected);
        if (i % 500 == 498) {
          System.out.println(runtime + ": " + (i + 2) + " requests");
        }
      }
    }
    assertThat(Descriptors.of("/")).isEqualTo(before);
    System.out.println(runtime + ", " + processors + ": " + outcomes);
  }

  @ParameterizedTest
  @CsvSource({"JVM, 1", "JVM, 2", "NODE, 1", "NODE, 2"})
  void eachRequestToAPoolFindsANewbornWorld(Served runtime, int processors) throws Exception {
    try (ProgramServer first = runtime.start(processors);
        ProgramSnapshot warm = first.snapshot();
        ProgramPool pool =
            ProgramPool.builder(warm).size(MEMBERS).maxWait(Duration.ofMinutes(2)).build();
        ExecutorService callers = Executors.newFixedThreadPool(CALLERS)) {
      String expected = serve(() -> warm.serve(runtime.probe.getBytes(UTF_8)));
      AtomicInteger left = new AtomicInteger(REQUESTS);
      List<Future<Void>> all = new ArrayList<>();
      for (int i = 0; i < CALLERS; i++) {
        Random random = new Random(SEED * CALLERS + i);
        all.add(
            callers.submit(() -> {
              ask(pool, runtime, expected, random, left);
              return null;
            }));
      }
      for (Future<Void> caller : all) {
        caller.get();
      }
      assertThat(pool.statistics().acquired()).isGreaterThanOrEqualTo(REQUESTS);
    }
    System.out.println(runtime + ", " + processors + ": " + outcomes);
  }

  private void ask(
      ProgramPool pool, Served runtime, String expected, Random random, AtomicInteger left) {
    List<String> attacks = runtime.attacks();
    for (int now = left.getAndDecrement(); now > 0; now = left.getAndDecrement()) {
      if (now % 500 == 0) {
        System.out.println(runtime + ": " + now + " requests to the pool are left");
      }
      if (random.nextBoolean()) {
        assertThat(serve(() -> pool.serve(runtime.probe.getBytes(UTF_8)))).isEqualTo(expected);
      } else {
        String attack = choose(attacks, random);
        attack(
            attack,
            () -> {
              try (Lease<ProgramServer> lease = pool.acquire()) {
                return lease.get().within(ATTACK).serve(attack.getBytes(UTF_8));
              }
            });
      }
    }
  }
}
