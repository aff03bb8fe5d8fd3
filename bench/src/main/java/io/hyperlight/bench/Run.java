package io.hyperlight.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * One run of the benchmark. The library and the floor take turns in it, so that changes of the
 * machine's speed affect both alike.
 */
final class Run {
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
    return Comparison.ofFirst(inTurns(Run::firstToSecond, ours, rival), 2);
  }

  /**
   * Measures the library and the floor in turns.
   *
   * @param questions at least one question. The library is compared with the answer to the first
   */
  Comparison compare(Sampler ours, Question... questions) throws Throwable {
    int rounds = effort.rounds(warmUp(ours));
    List<Alternation.Side> sides = new ArrayList<>();
    sides.add(new Alternation.Side(ours, rounds));
    for (Question question : questions) {
      sides.add(new Alternation.Side(asked(question), question.samples(rounds)));
    }
    return Comparison.ofFirst(alternation().run(sides, Run::firstToSecond), sides.size());
  }

  /**
   * Measures several samplers in turns. All are warmed up before.
   *
   * @param result what is wanted of the medians of a turn
   */
  Turns inTurns(ToDoubleFunction<double[]> result, Sampler... samplers) throws Throwable {
    List<Alternation.Side> sides = new ArrayList<>();
    for (Sampler sampler : samplers) {
      sides.add(new Alternation.Side(sampler, effort.rounds(warmUp(sampler))));
    }
    return alternation().run(sides, result);
  }

  private Alternation alternation() {
    return new Alternation(effort, System::nanoTime, progress);
  }

  static double firstToSecond(double... turn) {
    return turn[0] / turn[1];
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

  /**
   * {@return the time of a round in a block, in nanoseconds, with the code around the measured
   * part}
   *
   * <p>It begins with a single round, which may take long. After that, there are as many as in a
   * block: the first rounds of a block may be slower than the others.
   */
  private long warmUp(Sampler sampler) throws Throwable {
    long begin = System.nanoTime();
    int rounds = 1;
    long roundNanos;
    do {
      long start = System.nanoTime();
      sampler.sample(new long[rounds]);
      roundNanos = (System.nanoTime() - start) / rounds;
      rounds = Math.min(2 * rounds, effort.rounds(roundNanos));
    } while (System.nanoTime() - begin < effort.warmUpNanos());
    return roundNanos;
  }
}
