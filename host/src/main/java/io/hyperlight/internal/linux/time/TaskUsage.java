package io.hyperlight.internal.linux.time;

/**
 * Measures the processor time of a thread: how long its registers are in the processor while the
 * process does not wait, but not more than the process has used. A process with one thread costs
 * nothing: all its time is that of the thread. With the embedder's clock, processor time is that
 * clock's time for all threads.
 */
public final class TaskUsage {
  /**
   * Holds the processor time of a thread in a snapshot.
   *
   * @param isMeasured whether the process has had other threads
   * @param nanos the last processor time that the guest saw, or what was measured before
   */
  public record State(boolean isMeasured, long nanos) {
    /** The processor time of the first thread of a new program. */
    public static final State INITIAL = new State(false, 0);
  }

  private final ProcessorUsage process;
  private boolean isMeasured;
  private long nanos;

  /** The host's time since which the thread runs; 0 if it does not. */
  private long since;

  /** The last processor time that the guest saw. */
  private long seen;

  /** Creates the processor time of a thread that is the only one. */
  public TaskUsage(ProcessorUsage process) {
    this.process = process;
  }

  /** Says that the thread runs now, which has not run before. */
  public void enters(long hostNanos) {
    isMeasured = true;
    since = hostNanos;
  }

  /** Says that the thread does not run any more. */
  public void leaves(long hostNanos) {
    if (!isMeasured) {
      nanos = process.processorNanos();
      isMeasured = true;
    } else if (since != 0) {
      nanos += Math.max(0, hostNanos - since);
    }
    since = 0;
  }

  /** Says that the whole process has waited for a time, after which the thread goes on. */
  public void slept(long hostNanos) {
    process.slept(hostNanos);
    if (since != 0) {
      since += hostNanos;
    }
  }

  /** Says that no thread of the process ran on this one's processor for a time. */
  public void waited(long hostNanos) {
    if (since != 0) {
      since += hostNanos;
    }
  }

  /** Begins the embedder's next call, in which the thread goes on. */
  public void beginCall() {
    if (isMeasured) {
      long now = System.nanoTime();
      leaves(since == 0 ? now : since); // the time between calls does not count
      since = now;
    }
  }

  /** Returns the processor time in nanoseconds. */
  public long processorNanos() {
    if (!isMeasured || process.isOfEmbedder()) {
      return process.processorNanos();
    }
    long measured = since == 0 ? nanos : nanos + Math.max(0, System.nanoTime() - since);
    // The host may run others on the same processor meanwhile.
    seen = Math.max(seen, Math.min(measured, process.processorNanos()));
    return seen;
  }

  /**
   * Returns what a snapshot keeps. Nothing is measured for it, since no call runs whose time could
   * be.
   */
  public State state() {
    return isMeasured ? new State(true, Math.max(nanos, seen)) : State.INITIAL;
  }

  public void restore(State earlier) {
    isMeasured = earlier.isMeasured();
    nanos = earlier.nanos();
    seen = nanos;
    since = 0;
  }
}
