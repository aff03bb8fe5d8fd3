package io.hyperlight.internal.linux.signal;

/**
 * What the tasks of a process share of its signals: what each signal does, and those sent to it.
 */
public final class ProcessSignals {
  private final SignalActions actions = new SignalActions();
  private final SignalQueue pending = new SignalQueue();

  SignalActions actions() {
    return actions;
  }

  /** What was sent to the process, and which a task of it takes that does not block it. */
  SignalQueue pending() {
    return pending;
  }
}
