package io.hyperlight.internal.linux;

import io.hyperlight.internal.linux.fd.FileState;
import io.hyperlight.internal.linux.futex.FutexState;
import io.hyperlight.internal.linux.mm.MappingState;
import io.hyperlight.internal.linux.proc.ProcessState;
import io.hyperlight.internal.linux.task.TasksState;
import io.hyperlight.internal.linux.time.ClockState;
import io.hyperlight.internal.linux.timer.TimerState;
import org.jspecify.annotations.Nullable;

/**
 * Holds the Linux state that a snapshot keeps. Immutable. It may hold descriptors of the host until
 * it is closed.
 *
 * @param programBreak the address of the program break
 * @param files descriptors and the contents of the file system
 * @param clock the clocks
 * @param tasks the threads, with their signals and waits
 * @param process the rest of the process's state
 * @param mappings mappings of files and other objects
 * @param timers the timers that send signals
 * @param futexes who waits for futexes
 */
public record LinuxState(
    long programBreak,
    FileState files,
    ClockState clock,
    TasksState tasks,
    ProcessState process,
    MappingState mappings,
    TimerState timers,
    FutexState futexes)
    implements AutoCloseable {
  /** Returns the state of a program whose descriptors and signals are as at the start. */
  public static LinuxState of(long programBreak, ClockState clock) {
    return new LinuxState(
        programBreak,
        FileState.INITIAL,
        clock,
        TasksState.INITIAL,
        ProcessState.INITIAL,
        MappingState.INITIAL,
        TimerState.INITIAL,
        FutexState.INITIAL);
  }

  /**
   * Returns what this state has that {@link #of} with the same numbers has not. Contents of files
   * do not count.
   *
   * @return in words; null if there is nothing
   */
  public @Nullable String beyondInitial() {
    if (tasks.tasks().size() > 1 || !futexes.isInitial()) {
      return "threads";
    }
    if (!timers.equals(TimerState.INITIAL)) {
      return "timers";
    }
    if (!files.isInitial()) {
      return "other descriptors than a new program";
    }
    if (!tasks.equals(TasksState.INITIAL)) {
      return "signal handlers, or other settings of a thread than a new program";
    }
    if (!process.isInitial()) {
      return "other settings of a process than a new program";
    }
    return mappings.isInitial() ? null : "mappings of its own";
  }

  /** Whether a second restore does nothing where nobody has done anything since the first. */
  boolean isStable() {
    return files.isStable() && mappings.isInitial() && timers.equals(TimerState.INITIAL);
  }

  /**
   * Keeps the host resources of this state until {@link #release}, even if the state is closed in
   * between.
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

  /** Releases what {@link #retain} kept. */
  public void release() {
    try {
      files.release();
    } finally {
      mappings.release();
    }
  }

  /** Releases the host resources of this state. A second call does nothing. */
  @Override
  public void close() {
    try {
      files.close();
    } finally {
      mappings.close();
    }
  }
}
