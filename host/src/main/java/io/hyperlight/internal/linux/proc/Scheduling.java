package io.hyperlight.internal.linux.proc;

import io.hyperlight.internal.restore.Restorable;

/**
 * How a thread asked to be scheduled. Only its processors have an effect: all threads get the same
 * turns.
 */
public final class Scheduling implements Restorable<Scheduling.State> {
  /**
   * Holds the scheduling of a thread in a snapshot.
   *
   * @param policy of {@code sched_setscheduler(2)}, with its flag
   * @param nice of {@code setpriority(2)}
   * @param io of {@code ioprio_set(2)}
   * @param affinity of {@code sched_setaffinity(2)}: a bit for each processor; 0 for all
   */
  public record State(int policy, int nice, int io, long affinity) {
    /** The scheduling of a new program. */
    public static final State INITIAL = new State(0, 0, 0, 0);
  }

  /** The flag of a policy that new threads do not get. */
  static final int RESET_ON_FORK = 0x4000_0000;

  private State now = State.INITIAL;

  public State state() {
    return now;
  }

  @Override
  public void restore(State earlier) {
    now = earlier;
  }

  /** Begins with what a new thread has from its creator. */
  void inherit(Scheduling creator) {
    boolean isReset = (creator.policy() & RESET_ON_FORK) != 0;
    State from = creator.now;
    now = isReset ? new State(0, Math.max(0, from.nice()), from.io(), from.affinity()) : from;
  }

  int policy() {
    return now.policy();
  }

  void setPolicy(int policy) {
    now = new State(policy, now.nice(), now.io(), now.affinity());
  }

  public int nice() {
    return now.nice();
  }

  void setNice(int nice) {
    now = new State(now.policy(), nice, now.io(), now.affinity());
  }

  /**
   * Returns on which processors the thread may run.
   *
   * @param all those that there are, a bit for each. The thread may have chosen others, before a
   *     snapshot
   */
  public long affinity(long all) {
    long chosen = now.affinity() & all;
    return chosen == 0 ? all : chosen;
  }

  void setAffinity(long processors) {
    now = new State(now.policy(), now.nice(), now.io(), processors);
  }

  int io() {
    return now.io();
  }

  void setIo(int io) {
    now = new State(now.policy(), now.nice(), io, now.affinity());
  }
}
