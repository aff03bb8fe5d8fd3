package io.hyperlight.bench;

import io.hyperlight.Sandbox;
import io.hyperlight.error.HypervisorException;
import io.hyperlight.sdk.GuestCompilationException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Runs the command line of the benchmark. The exit status is 0 if the benchmark ran and 1 if it
 * failed. It is 2 for a wrong command line, and 69 if this machine cannot run the benchmark.
 */
@Command(
    name = "hyperlight bench",
    description = "Measures calls, starts and the like against bare KVM in C, in one run.",
    footer = {
      "",
      "Ours and floor are medians of all samples. The ratio is the median of the ratios of pairs,",
      "each taken within some milliseconds. It lies within +- with a probability of 95 %. If that",
      "is more than 1.5 %, the row counts as not measured. Overhead is what one operation takes",
      "longer.",
      "",
      "With --jmh as the first word, everything behind it goes to JMH:",
      "  hyperlight bench --jmh -prof gc call"
    })
final class Main implements Callable<Integer> {
  private static final int FAILED = 1;

  /** EX_UNAVAILABLE of sysexits.h. */
  private static final int UNAVAILABLE = 69;

  @Parameters(paramLabel = "NAME", description = "What to measure; by default everything.")
  private List<String> names = new ArrayList<>();

  @Option(names = "--json", paramLabel = "FILE", description = "Writes the results as JSON.")
  private @Nullable Path json;

  @Option(names = "--quick", description = "Takes some minutes less, with rougher results.")
  private boolean quick;

  @Option(names = "--plot", paramLabel = "DIR", description = "Draws charts of the results.")
  private @Nullable Path plot;

  @Option(
      names = "--from",
      paramLabel = "FILE",
      description = "Takes the results of an earlier run, written by --json, and runs nothing.")
  private @Nullable Path from;

  @Option(names = "--list", description = "Lists what can be measured.")
  private boolean list;

  @SuppressWarnings("UnusedVariable") // picocli looks for the option, not for its value
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this help.")
  private boolean help;

  @Spec private @Nullable CommandSpec spec;

  private Main() {}

  static CommandLine commandLine() {
    return new CommandLine(new Main())
        .setExpandAtFiles(false)
        .setExecutionExceptionHandler((e, commandLine, _) -> report(e, commandLine));
  }

  /**
   * Reports a failure. Problems of the input or the machine get one line. Only a defect of this
   * project gets a stack trace.
   */
  private static int report(Exception e, CommandLine commandLine) throws Exception {
    boolean isUnavailable =
        e instanceof HypervisorException || e instanceof GuestCompilationException;
    if (!isUnavailable && !(e instanceof BenchmarkException)) {
      throw e;
    }
    commandLine.getErr().println("hyperlight bench: " + e.getMessage());
    return isUnavailable ? UNAVAILABLE : FAILED;
  }

  @Override
  public Integer call() throws Exception {
    if (list) {
      Benchmarks.all().forEach(b -> System.out.printf("%-16s %s%n", b.name(), b.what()));
      return 0;
    }
    Results results = from != null ? Json.read(from) : new Results(Machine.current(), run());
    Table.print(results.rows(), System.out);
    if (json != null) {
      Json.write(results, json);
    }
    if (plot != null) {
      Charts.draw(results, plot).forEach(file -> System.err.println("drew " + file));
    }
    return 0;
  }

  private List<Row> run() throws Exception {
    List<Benchmark> benchmarks = chosen();
    // This fails with a clear message if this machine lacks something, before anything is measured.
    Sandbox.builder(Guests.small()).build().close();
    List<Row> rows = new ArrayList<>();
    try (Floor floor = Floor.start();
        Progress progress = Progress.onTerminal(benchmarks.size())) {
      Run run = new Run(floor, quick ? Effort.QUICK : Effort.FULL, progress);
      for (Benchmark benchmark : benchmarks) {
        progress.begin(benchmark);
        rows.addAll(measure(benchmark, run));
        progress.end();
      }
    }
    return rows;
  }

  private List<Benchmark> chosen() {
    try {
      return Benchmarks.named(names);
    } catch (BenchmarkException e) {
      throw new ParameterException(
          Objects.requireNonNull(spec, "spec").commandLine(), e.getMessage(), e);
    }
  }

  private static List<Row> measure(Benchmark benchmark, Run run) throws Exception {
    try {
      return benchmark.measure(run);
    } catch (Exception | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("thrown by a method handle", e);
    }
  }

  public static void main(String[] arguments) throws IOException {
    if (arguments.length > 0 && arguments[0].equals("--jmh")) {
      org.openjdk.jmh.Main.main(Arrays.copyOfRange(arguments, 1, arguments.length));
      return;
    }
    System.setProperty("java.awt.headless", "true"); // Charts are files and need no display.
    System.exit(commandLine().execute(arguments));
  }
}
