package io.hyperlight.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * One run of the benchmark. The library and the floor take turns in it. A machine gets faster and
 * slower within a minute, and so these changes affect both alike.
 */
final class Run {
  /**
   * The number of rounds of a warm-up. It is small, so that the loop in a sampler is entered often
   * and the JVM compiles it as a whole.
   */
  private static final int WARM_UP_ROUNDS = 16;

  private final Floor floor;
  private final Effort effort;
  private final Progress progress;

  Run(Floor floor, Effort effort, Progress progress) {
    this.floor = floor;
    this.effort = effort;
    this.progress = progress;
  }

  Floor floor() {
    return floor;
  }

  Effort effort() {
    return effort;
  }

  /** Returns the same run for one of many points of a curve. */
  Run forPoint() {
    return new Run(floor, effort.forPoint(), progress);
  }

  /** Returns the same run for one of many rows with a rival. */
  Run forRival() {
    return new Run(floor, effort.forRival(), progress);
  }

  /** Measures the library and a rival in turns, for the same time. Both are warmed up before. */
  Comparison compare(Sampler ours, Sampler rival) throws Throwable {
    long ourNanos = warmUp(ours);
    long itsNanos = warmUp(rival);
    int blocks = effort.blocks(Math.max(ourNanos, itsNanos));
    Side our = new Side(ours, effort.rounds(ourNanos, blocks));
    Side its = new Side(rival, effort.rounds(itsNanos, blocks));
    List<Samples> samples = inTurns(List.of(our, its), blocks);
    return new Comparison(samples.getFirst(), samples.subList(1, samples.size()));
  }

  /**
   * Measures the library and the floor in turns. The first turn of each only warms up.
   *
   * @param questions at least one question. The library is compared with the answer to the first
   */
  Comparison compare(Sampler ours, Question... questions) throws Throwable {
    long roundNanos = warmUp(ours);
    int rounds = effort.rounds(roundNanos);
    List<Side> sides = new ArrayList<>();
    sides.add(new Side(ours, rounds));
    for (Question question : questions) {
      int samples = question.samples(rounds);
      sides.add(new Side(asked(question), samples));
    }
    List<Samples> samples = inTurns(sides, effort.blocks(roundNanos));
    return new Comparison(samples.getFirst(), samples.subList(1, samples.size()));
  }

  /** Measures several samplers in turns. All are warmed up before. */
  List<Samples> inTurns(Sampler... samplers) throws Throwable {
    long slowest = 0;
    for (Sampler sampler : samplers) {
      slowest = Math.max(slowest, warmUp(sampler));
    }
    int rounds = effort.rounds(slowest);
    return inTurns(
        Stream.of(samplers).map(sampler -> new Side(sampler, rounds)).toList(),
        effort.blocks(slowest));
  }

  /** Returns a sampler that lets the floor measure. */
  Sampler asked(Question question) {
    return nanos -> {
      long[] samples = floor.ask(question, nanos.length);
      if (samples.length != nanos.length) {
        throw new IllegalStateException(
            "asked for %d samples, got %d".formatted(nanos.length, samples.length));
      }
      System.arraycopy(samples, 0, nanos, 0, samples.length);
    };
  }

  private record Side(Sampler sampler, int rounds) {}

  private List<Samples> inTurns(List<Side> sides, int blocks) throws Throwable {
    List<List<long[]>> taken = sides.stream().<List<long[]>>map(_ -> new ArrayList<>()).toList();
    for (int block = 0; block <= blocks; block++) {
      progress.turn(block, blocks);
      for (int i = 0; i < sides.size(); i++) {
        long[] nanos = new long[sides.get(i).rounds()];
        sides.get(i).sampler().sample(nanos);
        if (block > 0) {
          taken.get(i).add(nanos);
        }
      }
    }
    return taken.stream().map(Samples::of).toList();
  }

  /** {@return the time of a round in nanoseconds, with the code around the measured part} */
  private long warmUp(Sampler sampler) throws Throwable {
    long begin = System.nanoTime();
    long[] nanos = new long[1]; // A single round, because a round may take long.
    long roundNanos;
    do {
      long start = System.nanoTime();
      sampler.sample(nanos);
      roundNanos = (System.nanoTime() - start) / nanos.length;
      if (roundNanos * WARM_UP_ROUNDS < effort.warmUpNanos()) {
        nanos = new long[WARM_UP_ROUNDS];
      }
    } while (System.nanoTime() - begin < effort.warmUpNanos());
    return roundNanos;
  }
}
