package io.hyperlight.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Measures the rivals, which run the same functions in other ways. In their rows, the figures of
 * the rival take the place of those of the floor. The rows {@linkplain Row#against name} the rival.
 */
final class Rivals {
  private static final long MAX_WARM_UP_NANOS = TimeUnit.SECONDS.toNanos(10);

  private Rivals() {}

  static List<Benchmark> all() {
    return List.of(
        rival("rival_ffm", "a call into a shared library, in this process", FfmRival::new),
        rival("rival_process", "a process for each call", ProcessRival::new),
        rival("rival_pipe", "a process that lives on, over pipes", PipeRival::new),
        new Benchmark(
            "rival_chicory", "wasm in Chicory, interpreted and compiled", Rivals::chicory),
        rival("rival_graaljs", "JavaScript in GraalJS", GraalJsRival::new));
  }

  private static Benchmark rival(String name, String what, Supplier<Rival> start) {
    return new Benchmark(name, what, run -> rows(name, run.forRival(), start));
  }

  private static List<Row> chicory(Run run) throws Throwable {
    List<Row> rows = new ArrayList<>();
    rows.addAll(rows("rival_chicory_interpreter", run.forRival(), ChicoryRival::interpreted));
    rows.addAll(rows("rival_chicory_compiler", run.forRival(), ChicoryRival::compiled));
    return rows;
  }

  private static List<Row> rows(String name, Run run, Supplier<Rival> start) throws Throwable {
    try (Rival ours = new Ours();
        Rival rival = start.get()) {
      warmUp(rival, run.effort().warmUpNanos());
      return List.of(
          row(name + "_first", Unit.MICROSECONDS, run, ours.first(), rival.first(), rival),
          row(name + "_call", Unit.NANOSECONDS, run, ours.call(), rival.call(), rival),
          row(name + "_fresh", Unit.MICROSECONDS, run, ours.fresh(), rival.fresh(), rival),
          row(name + "_fib", Unit.MICROSECONDS, run, ours.compute(), rival.compute(), rival));
    }
  }

  /** Warms up rivals that take longer to compile. Each row also has a warm-up of its own. */
  private static void warmUp(Rival rival, long usualNanos) throws Throwable {
    long nanos = Math.min(rival.warmUps() * usualNanos, MAX_WARM_UP_NANOS);
    List<Sampler> warm = List.of(rival.call(), rival.compute(), rival.fresh());
    for (long begin = System.nanoTime(); System.nanoTime() - begin < nanos; ) {
      for (Sampler sampler : warm) {
        sampler.sample(new long[1]);
      }
    }
  }

  private static Row row(String name, Unit unit, Run run, Sampler ours, Sampler its, Rival rival)
      throws Throwable {
    return Row.ofTimes(name, unit, run.compare(ours, its)).against(rival.title());
  }
}
