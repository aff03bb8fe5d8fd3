package io.hyperlight.internal.linux.proc;

import io.hyperlight.internal.restore.Restorable;

/** How a thread asked to be scheduled. It has no effect: all threads get the same turns. */
public final class Scheduling implements Restorable<Scheduling.State> {
  /**
   * Holds the scheduling of a thread in a snapshot.
   *
   * @param policy of {@code sched_setscheduler(2)}, with its flag
   * @param nice of {@code setpriority(2)}
   * @param io of {@code ioprio_set(2)}
   */
  public record State(int policy, int nice, int io) {
    /** The scheduling of a new program. */
    public static final State INITIAL = new State(0, 0, 0);
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
    now = isReset ? new State(0, Math.max(0, from.nice()), from.io()) : from;
  }

  int policy() {
    return now.policy();
  }

  void setPolicy(int policy) {
    now = new State(policy, now.nice(), now.io());
  }

  public int nice() {
    return now.nice();
  }

  void setNice(int nice) {
    now = new State(now.policy(), nice, now.io());
  }

  int io() {
    return now.io();
  }

  void setIo(int io) {
    now = new State(now.policy(), now.nice(), io);
  }
}
