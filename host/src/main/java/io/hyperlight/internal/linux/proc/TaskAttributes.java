package io.hyperlight.internal.linux.proc;

import io.hyperlight.internal.restore.Restorable;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Holds what each thread has for itself and others can see: its name, and how it asked to be
 * scheduled. A new thread begins with those of its creator.
 */
public final class TaskAttributes implements Restorable<TaskAttributes.State> {
  static final int NAME_SIZE = 16;
  static final long TIMER_SLACK = 50_000;

  /**
   * Holds the attributes in a snapshot.
   *
   * @param name with one character per byte; null for that of the program's file
   * @param timerSlackNanos positive
   * @param initialSlackNanos to which the slack can be reset
   * @param scheduling how it asked to be scheduled
   */
  public record State(
      @Nullable String name,
      long timerSlackNanos,
      long initialSlackNanos,
      Scheduling.State scheduling) {
    /** The attributes of the first task of a new program. */
    public static final State INITIAL =
        new State(null, TIMER_SLACK, TIMER_SLACK, Scheduling.State.INITIAL);
  }

  private final ProgramIdentity program;
  private final Scheduling scheduling = new Scheduling();
  private @Nullable String name;
  private long timerSlackNanos = TIMER_SLACK;
  private long initialSlackNanos = TIMER_SLACK;

  public TaskAttributes(ProgramIdentity program) {
    this.program = program;
  }

  public State state() {
    State now = new State(name, timerSlackNanos, initialSlackNanos, scheduling.state());
    return now.equals(State.INITIAL) ? State.INITIAL : now;
  }

  @Override
  public void restore(State earlier) {
    name = earlier.name();
    timerSlackNanos = earlier.timerSlackNanos();
    initialSlackNanos = earlier.initialSlackNanos();
    scheduling.restore(earlier.scheduling());
  }

  /** Begins with what a new thread has from its creator. */
  public void inherit(TaskAttributes creator) {
    name = creator.name;
    timerSlackNanos = creator.timerSlackNanos;
    initialSlackNanos = creator.timerSlackNanos;
    scheduling.inherit(creator.scheduling);
  }

  public Scheduling scheduling() {
    return scheduling;
  }

  /** Returns the name. Unless the thread has one, it is the name of the program's file. */
  public String name() {
    String own = name;
    if (own != null) {
      return own;
    }
    String path = program.path();
    String file = path.substring(path.lastIndexOf('/') + 1);
    return file.substring(0, Math.min(file.length(), NAME_SIZE - 1));
  }

  /** Sets the name. A long name is cut. Returns how many bytes were passed. */
  public int rename(byte[] bytes) {
    int end = 0;
    while (end < bytes.length && end < NAME_SIZE - 1 && bytes[end] != 0) {
      end++;
    }
    name = new String(bytes, 0, end, StandardCharsets.ISO_8859_1);
    return bytes.length;
  }

  long timerSlackNanos() {
    return timerSlackNanos;
  }

  /**
   * Sets how late timers may be, which has no effect.
   *
   * @param nanos 0 or less for the initial value
   */
  void setTimerSlack(long nanos) {
    timerSlackNanos = nanos <= 0 ? initialSlackNanos : nanos;
  }
}
