package io.hyperlight.internal.linux.base;

/**
 * What the system call that a task makes has come to, besides its result. The last one who says
 * something about the end of the program is right.
 */
public final class CallOutcome {
  /** What happens to the task behind its system call. */
  public enum Kind {
    /** It goes on with the call's result. */
    RESULT,
    /** It goes on with other registers, which are set. */
    REDIRECTED,
    /** Its process has exited. */
    EXITED,
    /** A signal has ended its process. */
    KILLED,
    /** It waits for something that cannot happen. */
    STUCK,
    /** It waits for input, and asks again when there is some. */
    WAITING_FOR_INPUT
  }

  private Kind kind = Kind.RESULT;
  private int number;
  private String what = "";

  /** A system call begins. */
  public void begin() {
    kind = Kind.RESULT;
  }

  public Kind kind() {
    return kind;
  }

  /** Whether the task does not go on. */
  public boolean isEnd() {
    return kind != Kind.RESULT && kind != Kind.REDIRECTED;
  }

  /** The exit status, or the signal. */
  public int number() {
    return number;
  }

  /** What a stuck task waits for. */
  public String what() {
    return what;
  }

  /** Ends the program; the result does not matter. */
  public long exit(int status) {
    kind = Kind.EXITED;
    number = status & 0xff;
    return 0;
  }

  /** Ends the program by a signal; the result does not matter. */
  public long kill(int signal) {
    kind = Kind.KILLED;
    number = signal;
    return 0;
  }

  /** Ends the program because it would wait for ever; the result does not matter. */
  public long stuck(String waitsFor) {
    kind = Kind.STUCK;
    what = waitsFor;
    return 0;
  }

  /** Leaves the call unanswered until there is input. */
  public void waitForInput() {
    kind = Kind.WAITING_FOR_INPUT;
  }

  /** The task goes on with other registers, which are set. */
  public void redirect() {
    if (!isEnd()) {
      kind = Kind.REDIRECTED;
    }
  }
}
