package io.hyperlight.languages;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.hyperlight.FileTree;
import io.hyperlight.Program;
import io.hyperlight.error.GuestException;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.Differential;
import io.hyperlight.testing.SourceFile;
import io.hyperlight.value.Limits;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Runs tests that Python programs bring with them, natively and in a sandbox, and compares the
 * outcomes test by test. The script python/suite.py runs them.
 *
 * @param runner {@code unittest} for modules of CPython's own tests, {@code pytest} for files of a
 *     library
 * @param folder a folder with libraries, or an empty string
 * @param leftOut a regular expression for names of tests that are not run, or an empty string
 * @param time the maximum time, each way
 */
record PythonSuite(String runner, String folder, String leftOut, Duration time) {
  private static final Pattern LINE = Pattern.compile("@@ (\\w+)\t([^\t]*)\t([^\t]*)\t(.*)");

  private static final int MEMORY = 1 << 30;
  private static final int FILES = 256 << 20;

  /**
   * What became of a test.
   *
   * @param what such as {@code ok}, {@code failure} or {@code skipped}
   * @param needs what it tried and no sandbox offers, or an empty string
   * @param message what the test says about it
   */
  record Outcome(String what, String needs, String message) {}

  /** A test with another outcome in a sandbox than natively. */
  record Difference(String test, Outcome natively, Outcome inSandbox) {
    /** Returns whether the test wanted what every sandbox refuses: other processes, a network. */
    boolean isRefusal() {
      return !inSandbox.needs.isEmpty();
    }

    @Override
    public String toString() {
      return "%s: %s%s, natively %s: %s"
          .formatted(
              test,
              inSandbox.what,
              isRefusal() ? " (needs " + inSandbox.needs + ")" : "",
              natively.what,
              inSandbox.message);
    }
  }

  /** All tests that ran natively, and those that ended otherwise in the sandbox. */
  record Comparison(int tests, List<Difference> differences) {}

  /**
   * Compares the tests of a module or of a file.
   *
   * @param name the module; or the file's path, absolute or in the folder
   */
  Comparison compare(String name) {
    Map<String, Outcome> expected = natively(name);
    Map<String, Outcome> found = inSandbox(name);
    List<Difference> differences = new ArrayList<>();
    expected.forEach((test, natively) -> {
      Outcome inSandbox = found.get(test);
      if (inSandbox == null) {
        inSandbox = ofSetUp(test, found);
      }
      if (!natively.what.equals(inSandbox.what)) {
        differences.add(new Difference(test, natively, inSandbox));
      }
    });
    return new Comparison(expected.size(), differences);
  }

  /** A test that did not start has the outcome of what prepares its class or module. */
  private static Outcome ofSetUp(String test, Map<String, Outcome> found) {
    for (String part = test; part.contains("."); part = part.substring(0, part.lastIndexOf('.'))) {
      Outcome outcome = found.get("setUpClass (" + part + ")");
      if (outcome == null) {
        outcome = found.get("setUpModule (" + part + ")");
      }
      if (outcome != null) {
        return outcome;
      }
    }
    return new Outcome("nothing", "", "");
  }

  private String[] arguments(String name) {
    String script = SourceFile.of(PythonSuite.class, "python/suite.py");
    return new String[] {"-I", "-c", script, runner, folder, leftOut, name};
  }

  private Map<String, Outcome> natively(String name) {
    List<String> command =
        new ArrayList<>(
            List.of("/usr/bin/timeout", Long.toString(time.toSeconds()), "/usr/bin/python3"));
    command.addAll(List.of(arguments(name)));
    Map<String, Outcome> outcomes = new TreeMap<>();
    read(Command.runAlone(command, new byte[0]).output(), outcomes);
    return outcomes;
  }

  private List<Path> readable(String name) {
    List<Path> folders = new ArrayList<>();
    if (!folder.isEmpty()) {
      folders.add(Path.of(folder));
    }
    if (Path.of(name).isAbsolute()) {
      folders.add(requireNonNull(Path.of(name).getParent()));
    }
    return folders;
  }

  /**
   * A test can end the whole guest, by waiting for another process for example. Then the others run
   * in a further sandbox.
   */
  private Map<String, Outcome> inSandbox(String name) {
    Map<String, Outcome> outcomes = new HashMap<>();
    Differential python =
        new Differential("/usr/bin/python3", "python3").withLibraries().with(Path.of("/etc"));
    long end = System.nanoTime() + time.toNanos();
    while (true) {
      ByteArrayOutputStream output = new ByteArrayOutputStream();
      String ending;
      try {
        Program program = python.program(arguments(name)).mount("/tmp", FileTree.memory(FILES));
        // These may lie below /tmp.
        for (Path readable : readable(name)) {
          program.mount(readable.toString(), FileTree.directory(readable));
        }
        ending =
            program
                .stdin(String.join("\n", outcomes.keySet()).getBytes(UTF_8))
                .limits(
                    Limits.DEFAULT.withCallTimeout(
                        Duration.ofNanos(Math.max(1, end - System.nanoTime()))))
                .memorySize(MEMORY)
                .allowCodeGeneration()
                .hostPrint(output)
                .run()
                .failure()
                .map(Throwable::getMessage)
                .orElse("");
      } catch (GuestException e) {
        ending = String.valueOf(e.getMessage());
      }
      Running cut = read(output.toByteArray(), outcomes);
      if (cut == null || System.nanoTime() > end) {
        return outcomes;
      }
      outcomes.put(cut.test, new Outcome("ended", cut.needs, ending));
    }
  }

  /** A test that has started, and what it has needed so far. */
  private record Running(String test, String needs) {}

  /** Adds the outcomes in an output. Returns the test that has started and not ended. */
  private static @Nullable Running read(byte[] output, Map<String, Outcome> outcomes) {
    Running running = null;
    Map<String, Outcome> found = new HashMap<>();
    for (String line : new String(output, UTF_8).lines().toList()) {
      Matcher matcher = LINE.matcher(line);
      if (!matcher.find()) {
        continue;
      }
      String test = matcher.group(2);
      String what = matcher.group(1);
      if (what.equals("start")) {
        running = new Running(test, "");
      }
      if (what.equals("needs") && running != null && running.test.equals(test)) {
        running = new Running(test, matcher.group(3));
      }
      if (what.equals("start") || what.equals("needs")) {
        continue;
      }
      running = null;
      Outcome outcome = new Outcome(what, matcher.group(3), matcher.group(4));
      // A failure of a part of a test counts more than what comes later.
      found.merge(test, outcome, (first, second) -> first.what.equals("ok") ? second : first);
    }
    outcomes.putAll(found);
    return running;
  }
}
