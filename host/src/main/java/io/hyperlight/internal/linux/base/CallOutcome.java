package io.hyperlight.internal.linux.base;

/**
 * Holds what the system call of the current task leads to, besides its result. All tasks of a world
 * share it, since one of them may end the program of another. If several callers end the program,
 * the last one counts.
 */
public final class CallOutcome {
  /** Says what happens to the task after its system call. */
  public enum Kind {
    /** The task continues with the call's result. */
    RESULT,
    /** The task continues with other registers, which are already set. */
    REDIRECTED,
    /** The task has exited. Its process goes on if it has other tasks. */
    TASK_EXITED,
    /** The process has exited. */
    EXITED,
    /** A signal has ended the process. */
    KILLED,
    /** The task waits for something that cannot happen. */
    STUCK,
    /** The task waits. {@code TaskWait} knows what for. */
    BLOCKED,
    /** A signal has interrupted the call. {@code TaskWait} knows what becomes of it. */
    INTERRUPTED,
    /** The task waits for input, and makes the call again when there is some. */
    WAITING_FOR_INPUT
  }

  private Kind kind = Kind.RESULT;
  private int number;
  private String what = "";

  /**
   * Resets the outcome at the start of a system call. A comparison costs less than a store of a
   * reference.
   */
  public void begin() {
    if (kind != Kind.RESULT) {
      kind = Kind.RESULT;
    }
  }

  public Kind kind() {
    return kind;
  }

  /** Answers whether the task stops here. */
  public boolean isEnd() {
    return kind != Kind.RESULT && kind != Kind.REDIRECTED;
  }

  /** Returns the exit status, or the number of the signal. */
  public int number() {
    return number;
  }

  /** Returns what a stuck task waits for. */
  public String what() {
    return what;
  }

  /** Ends the program with an exit status. The task never sees the returned value. */
  public long exit(int status) {
    kind = Kind.EXITED;
    number = status & 0xff;
    return 0;
  }

  /** Ends the task with an exit status. It never sees the returned value. */
  public long exitTask(int status) {
    kind = Kind.TASK_EXITED;
    number = status & 0xff;
    return 0;
  }

  /** Ends the program by a signal. The task never sees the returned value. */
  public long kill(int signal) {
    kind = Kind.KILLED;
    number = signal;
    return 0;
  }

  /** Ends the program because it would wait for ever. The task never sees the returned value. */
  public long stuck(String waitsFor) {
    kind = Kind.STUCK;
    what = waitsFor;
    return 0;
  }

  /** Leaves the call unanswered until there is input. */
  public void waitForInput() {
    kind = Kind.WAITING_FOR_INPUT;
  }

  /** Leaves the call unanswered until the task's wait is over. */
  public void block() {
    kind = Kind.BLOCKED;
  }

  /** Leaves the call without a result, since a signal has interrupted it. */
  public void interrupt() {
    kind = Kind.INTERRUPTED;
  }

  /** Lets the task continue with other registers, which are already set. */
  public void redirect() {
    if (!isEnd()) {
      kind = Kind.REDIRECTED;
    }
  }
}
