package io.hyperlight.internal.linux.time;

import io.hyperlight.internal.machine.Context;
import io.hyperlight.internal.os.HostThreads;
import io.hyperlight.internal.restore.Restorable;

/**
 * Measures what a process has used.
 *
 * <p>Processor time is that of the host thread that runs the guest's vCPU. A call costs nothing
 * until its guest asks. At the first question, the processor time of the call is taken to be the
 * time that has passed, without the time that the guest slept. With the embedder's clock, processor
 * time is that clock's time, so that it is the same in each run. Processor time never goes back.
 * After a restore, it continues from its value in the snapshot.
 */
public final class ProcessorUsage implements Restorable<ProcessorUsage.State> {
  /**
   * Holds the usage of a process in a snapshot.
   *
   * @param processorNanos the last processor time that the guest saw
   * @param peakBytes the peak of used memory
   */
  public record State(long processorNanos, long peakBytes) {
    /** The usage of a new process. */
    public static final State INITIAL = new State(0, 0);
  }

  private final Context context;
  private final GuestClock clock;
  private long processorNanos;
  private long peakBytes;

  // About the running call.
  private boolean looked;
  private int thread;
  private long threadNanos;
  private long sleptNanos;

  /** What further processors have used, as far as it is counted. */
  private long furtherNanos;

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

  /** Begins the embedder's next call. */
  public void beginCall() {
    looked = false;
    sleptNanos = 0;
    furtherNanos = 0;
  }

  /** Returns whether it is the time of the embedder's clock. */
  boolean isOfEmbedder() {
    return clock.isEmbedders();
  }

  /** Adds time that the guest has slept. */
  void slept(long nanos) {
    sleptNanos += nanos;
  }

  /** Returns processor time in nanoseconds. It never decreases. */
  public long processorNanos() {
    if (clock.isEmbedders()) {
      processorNanos = Math.max(processorNanos, clock.now(false));
      return processorNanos;
    }
    int now = context.call().processorThread();
    long nanos = now == 0 ? 0 : HostThreads.processorNanos(now); // only further processors ran
    if (nanos >= 0) {
      if (looked && now == thread) {
        processorNanos += Math.max(0, nanos - threadNanos);
      } else {
        long passed = context.call().elapsedNanos() - sleptNanos;
        processorNanos += looked ? 0 : Math.clamp(passed, 0, nanos);
      }
      looked = true;
      thread = now;
      threadNanos = nanos;
    }
    long further = context.call().furtherProcessorNanos();
    processorNanos += Math.max(0, further - furtherNanos);
    furtherNanos = further;
    return processorNanos;
  }

  /** Returns how much memory is used now, in bytes. */
  public long usedBytes() {
    return context.memorySizeBytes() - context.addressSpace().freeBytes();
  }

  /** Returns the peak of used memory in bytes. It is measured only when it is asked for. */
  public long peakBytes() {
    peakBytes = Math.max(peakBytes, usedBytes());
    return peakBytes;
  }
}
