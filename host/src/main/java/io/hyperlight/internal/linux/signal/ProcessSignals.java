package io.hyperlight.internal.linux.signal;

/**
 * The signal state that the tasks of a process share: the actions, and the signals sent to the
 * process.
 */
public final class ProcessSignals {
  private final SignalActions actions = new SignalActions();
  private final SignalQueue pending = new SignalQueue();

  SignalActions actions() {
    return actions;
  }

  /** Returns the signals sent to the process. A task that does not block one of them takes it. */
  SignalQueue pending() {
    return pending;
  }
}
