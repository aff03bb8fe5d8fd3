package io.hyperlight.internal.linux.timer;

import io.hyperlight.internal.linux.signal.SignalInfo;

/** Receives the signals of a process's timers. */
public interface TimerTarget {
  /** Stands in place of a thread's number: the signal goes to the process. */
  int PROCESS = 0;

  /**
   * Sends a signal.
   *
   * @param thread the number of a thread of the process, or {@link #PROCESS}
   * @return whether the signal is pending now; false if it is ignored, or the thread has ended
   */
  boolean send(SignalInfo info, int thread);
}
