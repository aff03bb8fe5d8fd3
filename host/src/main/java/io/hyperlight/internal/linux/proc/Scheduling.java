package io.hyperlight.internal.linux.proc;

import io.hyperlight.internal.restore.Restorable;

/** How a process asked to be scheduled. It has no effect, as the process is alone. */
public final class Scheduling implements Restorable<Scheduling.State> {
  /**
   * Holds the scheduling of a process in a snapshot.
   *
   * @param policy of {@code sched_setscheduler(2)}, with its flag
   * @param nice of {@code setpriority(2)}
   * @param io of {@code ioprio_set(2)}
   */
  public record State(int policy, int nice, int io) {
    /** The scheduling of a new process. */
    public static final State INITIAL = new State(0, 0, 0);
  }

  private State now = State.INITIAL;

  public State state() {
    return now;
  }

  @Override
  public void restore(State earlier) {
    now = earlier;
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
