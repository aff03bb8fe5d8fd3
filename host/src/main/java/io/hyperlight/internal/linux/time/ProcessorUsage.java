package io.hyperlight.internal.linux.time;

import io.hyperlight.internal.machine.Context;
import io.hyperlight.internal.os.HostThreads;
import io.hyperlight.internal.restore.Restorable;

/**
 * What a process has used.
 *
 * <p>Processor time is that of the thread that the guest's processor runs on. A call costs nothing
 * as long as its guest does not ask: what it has used before it asks first is taken to be the time
 * that has passed, without that in which it slept. With a clock of the embedder's, processor time
 * is that clock's, so that it is the same in each run. In any case it never goes back, and goes on
 * after a restore from where the snapshot has it.
 */
public final class ProcessorUsage implements Restorable<ProcessorUsage.State> {
  /**
   * What a snapshot keeps of it.
   *
   * @param processorNanos processor time, as far as it was told
   * @param peakBytes the most memory
   */
  public record State(long processorNanos, long peakBytes) {
    /** A new process's. */
    public static final State INITIAL = new State(0, 0);
  }

  private final Context context;
  private final GuestClock clock;
  private long processorNanos;
  private long peakBytes;

  // Of the running call.
  private boolean looked;
  private int thread;
  private long threadNanos;
  private long sleptNanos;

  public ProcessorUsage(Context context, GuestClock clock) {
    this.context = context;
    this.clock = clock;
  }

  public State state() {
    return processorNanos == 0 && peakBytes == 0
        ? State.INITIAL
        : new State(processorNanos, peakBytes);
  }

  @Override
  public void restore(State earlier) {
    processorNanos = earlier.processorNanos();
    peakBytes = earlier.peakBytes();
    looked = false;
  }

  /** The embedder's next call begins. */
  public void beginCall() {
    looked = false;
    sleptNanos = 0;
  }

  /** Says that the guest has slept. */
  void slept(long nanos) {
    sleptNanos += nanos;
  }

  /** Processor time in nanoseconds; never less than before. */
  public long processorNanos() {
    if (clock.isEmbedders()) {
      processorNanos = Math.max(processorNanos, clock.now(false));
      return processorNanos;
    }
    int now = context.processorThread();
    long nanos = HostThreads.processorNanos(now);
    if (nanos >= 0) {
      if (looked && now == thread) {
        processorNanos += Math.max(0, nanos - threadNanos);
      } else {
        long passed = context.callNanos() - sleptNanos;
        processorNanos += looked ? 0 : Math.clamp(passed, 0, nanos);
      }
      looked = true;
      thread = now;
      threadNanos = nanos;
    }
    return processorNanos;
  }

  /** How much memory is used now. */
  public long usedBytes() {
    return context.memorySizeBytes() - context.addressSpace().freeBytes();
  }

  /** The most memory that was used at one of the times that somebody asked. */
  public long peakBytes() {
    peakBytes = Math.max(peakBytes, usedBytes());
    return peakBytes;
  }
}
