package io.hyperlight.internal.linux;

import io.hyperlight.internal.linux.fd.FileState;
import io.hyperlight.internal.linux.mm.MappingState;
import io.hyperlight.internal.linux.proc.ProcessState;
import io.hyperlight.internal.linux.signal.SignalState;

/**
 * What a snapshot has to keep. Immutable; may hold descriptors of the host until it is closed.
 *
 * @param programBreak where it is
 * @param files descriptors and what is in the file system
 * @param monotonicNanos what the monotonic clock said; 0 if nobody has asked it
 * @param signals handlers, and what is blocked or pending
 * @param process what else there is of it
 * @param mappings of objects
 */
public record LinuxState(
    long programBreak,
    FileState files,
    long monotonicNanos,
    SignalState signals,
    ProcessState process,
    MappingState mappings)
    implements AutoCloseable {
  /** That of a program whose descriptors and signals are as at the start. */
  public static LinuxState of(long programBreak, long monotonicNanos) {
    return new LinuxState(
        programBreak,
        FileState.INITIAL,
        monotonicNanos,
        SignalState.INITIAL,
        ProcessState.INITIAL,
        MappingState.INITIAL);
  }

  /** Whether it is {@link #of} the same numbers, but for contents of files. */
  public boolean isInitial() {
    return files.isInitial()
        && signals.equals(SignalState.INITIAL)
        && process.isInitial()
        && mappings.isInitial();
  }

  /**
   * Keeps what it holds until {@link #release}, also if it is closed meanwhile.
   *
   * @throws io.hyperlight.internal.machine.ImageClosedException if it is closed already
   */
  public void retain() {
    files.retain();
    try {
      mappings.retain();
    } catch (Throwable t) {
      files.release();
      throw t;
    }
  }

  /** Ends what {@link #retain} began. */
  public void release() {
    try {
      files.release();
    } finally {
      mappings.release();
    }
  }

  /** Gives up what it holds of the host. A second call does nothing. */
  @Override
  public void close() {
    try {
      files.close();
    } finally {
      mappings.close();
    }
  }
}
