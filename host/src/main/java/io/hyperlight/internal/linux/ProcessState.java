package io.hyperlight.internal.linux;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a snapshot keeps of a process besides memory, files and signals. Immutable.
 *
 * @param name what it calls itself; null if it has never said
 * @param limits those that it has changed, by number
 * @param scheduling how it wants to be scheduled
 * @param attributes of {@code prctl(2)}
 * @param thread what its one thread has registered
 * @param usage what it has used
 * @param auxiliary where its auxiliary vector is; 0 if it has none
 */
public record ProcessState(
    @Nullable String name,
    Map<Integer, Limit> limits,
    Scheduling scheduling,
    Attributes attributes,
    ThreadState thread,
    Usage usage,
    long auxiliary) {
  /** A new program's. */
  public static final ProcessState INITIAL =
      new ProcessState(
          null,
          Map.of(),
          Scheduling.INITIAL,
          Attributes.INITIAL,
          ThreadState.INITIAL,
          Usage.INITIAL,
          0);

  /** Whether it is a new program's, but for what it has used. */
  boolean isInitial() {
    return new ProcessState(name, limits, scheduling, attributes, thread, Usage.INITIAL, auxiliary)
        .equals(INITIAL);
  }

  /**
   * {@code struct rlimit}: numbers without sign, of which the largest is no limit.
   *
   * @param current the one that holds
   * @param maximum as far as the process may raise it
   */
  public record Limit(long current, long maximum) {}

  /**
   * How the process wants to be scheduled. Nothing comes of it: it is alone.
   *
   * @param policy of {@code sched_setscheduler(2)}, with its flag
   * @param nice of {@code setpriority(2)}
   * @param io of {@code ioprio_set(2)}
   */
  public record Scheduling(int policy, int nice, int io) {
    static final Scheduling INITIAL = new Scheduling(0, 0, 0);
  }

  /**
   * Attributes, most of them of {@code prctl(2)}, that have no effect here but can be asked for.
   *
   * @param dumpable 1 or 0
   * @param deathSignal a signal or 0
   * @param timerSlackNanos positive
   * @param subreaper 1 or 0
   * @param noHugePages 1 or 0
   * @param keepsCapabilities 1 or 0
   * @param badness from 0 to 1000; of {@code /proc/self/oom_score_adj}
   */
  public record Attributes(
      int dumpable,
      int deathSignal,
      long timerSlackNanos,
      int subreaper,
      int noHugePages,
      int keepsCapabilities,
      int badness) {
    static final long TIMER_SLACK = 50_000;
    static final Attributes INITIAL = new Attributes(1, 0, TIMER_SLACK, 0, 0, 0, 0);
  }

  /**
   * What a thread has registered.
   *
   * @param robustList of {@code set_robust_list(2)}; 0 for none
   * @param barriers the commands of {@code membarrier(2)} that it may use
   */
  public record ThreadState(long robustList, int barriers) {
    static final ThreadState INITIAL = new ThreadState(0, 0);
  }

  /**
   * What a process has used.
   *
   * @param processorNanos processor time, as far as it was told
   * @param peakBytes the most memory
   */
  public record Usage(long processorNanos, long peakBytes) {
    static final Usage INITIAL = new Usage(0, 0);
  }
}
