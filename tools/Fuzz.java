import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Runs Jazzer on the fuzz targets, one after the other. Each target has a JVM of its own. The
 * working directory is the folder host. docs/testing.md says how to use this.
 *
 * <p>There are five arguments:
 *
 * <ol>
 *   <li>the seconds for each target
 *   <li>the names of targets, separated by commas, or {@code all}
 *   <li>the folder for new inputs of the corpora
 *   <li>{@code fuzz}, or {@code keep} to add the new inputs to the kept corpora
 *   <li>Jazzer's seed
 * </ol>
 */
final class Fuzz {
  private static final Path KEPT = Path.of("src", "test", "resources", "fuzz");
  private static final Path OUTPUT = Path.of("target", "fuzz");

  /** The name of the file of a target that has many inputs, one a line, in base64. */
  private static final String CORPUS = "corpus";

  /** A file with the dependencies of the tests. The build writes it. */
  private static final Path CLASS_PATH = Path.of("target", "hardware-lane-class-path");

  /**
   * The seconds that one input may take. This is far more than any input takes on a busy machine.
   */
  private static final int LONGEST = 30;

  private static final int MEBIBYTES = 3_000;

  /** Matches the internal packages that see no bytes of guests. */
  private static final String TRUSTED = "io/hyperlight/internal/(os|pool|hypervisor|host)/.*";

  private static final Pattern PROGRESS =
      Pattern.compile("#(\\d+)\\s+DONE\\s+cov: (\\d+) ft: (\\d+) corp: (\\d+)/(\\S+)");

  private String seconds = "";
  private String seed = "";
  private Path corpora = OUTPUT;

  void main(String[] arguments) throws IOException, InterruptedException {
    seconds = arguments[0];
    corpora = Path.of(arguments[2]).toAbsolutePath();
    seed = arguments[4];
    boolean passed = true;
    for (String target : targets(arguments[1])) {
      if (arguments[3].equals("keep")) {
        keep(target);
      } else {
        passed &= fuzz(target);
      }
    }
    System.exit(passed ? 0 : 1);
  }

  private static List<String> targets(String names) throws IOException {
    if (!names.equals("all")) {
      return List.of(names.split(","));
    }
    return list(KEPT).stream().map(folder -> folder.getFileName().toString()).toList();
  }

  private boolean fuzz(String target) throws IOException, InterruptedException {
    Path findings = Files.createDirectories(OUTPUT.resolve(target).resolve("findings"));
    List<String> options = new ArrayList<>();
    options.add("-max_total_time=" + seconds);
    options.add("-seed=" + seed);
    options.add("-timeout=" + LONGEST);
    options.add("-rss_limit_mb=" + MEBIBYTES);
    options.add("-max_len=2048");
    options.add("-artifact_prefix=" + findings + "/");
    options.add(Files.createDirectories(corpora.resolve(target)).toString());
    options.add(unpackKept(target));
    long start = System.nanoTime();
    Path log = run(target, options);
    if (log == null) {
      return false;
    }
    double took = (System.nanoTime() - start) / 1e9;
    Matcher progress = PROGRESS.matcher(Files.readString(log));
    if (!progress.find()) {
      System.out.println("fuzz: " + target + ": no end in " + log);
      return false;
    }
    System.out.printf(
        "fuzz: %s: %s inputs in %.0f s, %.0f a second; %s edges, %s features, corpus of %s in %s%n",
        target,
        progress.group(1),
        took,
        Long.parseLong(progress.group(1)) / took,
        progress.group(2),
        progress.group(3),
        progress.group(4),
        progress.group(5));
    return true;
  }

  /** Returns the names of the classes whose edges count. These classes take untrusted bytes. */
  private static List<String> library() throws IOException {
    Path classes = Path.of("target", "classes");
    try (Stream<Path> files = Files.walk(classes.resolve("io/hyperlight/internal"))) {
      return files
          .map(file -> classes.relativize(file).toString())
          .filter(name -> name.endsWith(".class") && !name.endsWith("-info.class"))
          .filter(name -> !name.matches(TRUSTED))
          .map(name -> name.replace(".class", "").replace('/', '.'))
          .toList();
    }
  }

  /** Adds the new inputs of a target to its kept corpus. */
  private void keep(String target) throws IOException {
    Path kept = KEPT.resolve(target).resolve(CORPUS);
    Set<String> lines = new TreeSet<>(Files.readAllLines(kept));
    for (Path input : list(Files.createDirectories(corpora.resolve(target)))) {
      lines.add(Base64.getEncoder().encodeToString(Files.readAllBytes(input)));
    }
    Files.write(kept, lines);
    System.out.println("fuzz: " + target + ": a corpus of " + lines.size());
  }

  /** Writes the kept inputs in the form that Jazzer needs, each to a file. Returns their folder. */
  private static String unpackKept(String target) throws IOException {
    Path folder = emptyFolder(target, "kept");
    for (Path file : list(KEPT.resolve(target))) {
      String name = file.getFileName().toString();
      if (name.equals(CORPUS)) {
        int number = 0;
        for (String line : Files.readAllLines(file)) {
          Files.write(folder.resolve("%06d".formatted(number++)), Base64.getDecoder().decode(line));
        }
      } else {
        Files.copy(file, folder.resolve(name));
      }
    }
    return folder.toString();
  }

  private static Path emptyFolder(String target, String name) throws IOException {
    Path folder = Files.createDirectories(OUTPUT.resolve(target).resolve(name));
    for (Path file : list(folder)) {
      Files.delete(file);
    }
    return folder;
  }

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }

  /** Runs Jazzer to its end. Returns its log, or null if it found something. */
  private Path run(String target, List<String> options) throws IOException, InterruptedException {
    Path folder = Files.createDirectories(OUTPUT.resolve(target)).toAbsolutePath();
    Path log = folder.resolve("log");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx1g", "-XX:+UseSerialGC", "-Xshare:auto"));
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("--sun-misc-unsafe-memory-access=allow");
    command.add("-Dhyperlight.fuzz.target=" + target);
    command.add("-cp");
    command.add(
        "target/fuzzer/*:target/classes:target/test-classes:"
            + Files.readString(CLASS_PATH).strip());
    command.add("com.code_intelligence.jazzer.Jazzer");
    command.add("--target_class=io.hyperlight.fuzz.JazzerDriver");
    // Only the library is instrumented, not the tests. Jazzer's own detectors are off, because they
    // look for faults of web applications.
    command.add("--instrumentation_includes=" + String.join(":", library()));
    command.add("--custom_hook_excludes=**");
    command.add("--reproducer_path=" + folder);
    command.addAll(options);
    Process fuzzer =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    // The fuzzer must end with the build.
    Thread end = new Thread(fuzzer::destroyForcibly);
    Runtime.getRuntime().addShutdownHook(end);
    // This is more than the slowest start and input take. A JVM that hangs is a finding, too.
    boolean ended = fuzzer.waitFor(Long.parseLong(seconds) + 300, TimeUnit.SECONDS);
    int status = ended ? fuzzer.exitValue() : -1;
    fuzzer.destroyForcibly();
    Runtime.getRuntime().removeShutdownHook(end);
    if (status != 0) {
      report(target, status, log);
      return null;
    }
    return log;
  }

  private static void report(String target, int status, Path log) throws IOException {
    List<String> lines = Files.readAllLines(log);
    lines.subList(Math.max(0, lines.size() - 60), lines.size()).forEach(System.out::println);
    System.out.println("fuzz: " + target + " FAILED with status " + status + ", see " + log);
    try (Stream<Path> findings = Files.list(OUTPUT.resolve(target).resolve("findings"))) {
      for (Path finding : findings.sorted().toList()) {
        System.out.println(
            "fuzz: in base64: " + Base64.getEncoder().encodeToString(Files.readAllBytes(finding)));
        System.out.println(
            "fuzz: to try it again: mvn -pl host -am verify -Dtest=FuzzTest"
                + " -Dsurefire.failIfNoSpecifiedTests=false -Dhyperlight.fuzz.target="
                + target
                + " -Dhyperlight.fuzz.replay="
                + finding.toAbsolutePath());
      }
    }
  }
}
