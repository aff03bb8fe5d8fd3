package io.hyperlight.internal.linux.signal;

import java.util.function.UnaryOperator;

/**
 * The signal state that the tasks of a process share: the actions, and the signals sent to the
 * process.
 */
public final class ProcessSignals {
  private final SignalActions actions = new SignalActions();
  private final SignalQueue pending = new SignalQueue();
  private UnaryOperator<SignalInfo> atDelivery = UnaryOperator.identity();

  /**
   * Sets what is told of each signal that is taken, and returns its information as the program sees
   * it.
   */
  public void atDelivery(UnaryOperator<SignalInfo> told) {
    atDelivery = told;
  }

  SignalInfo delivered(SignalInfo info) {
    return atDelivery.apply(info);
  }

  SignalActions actions() {
    return actions;
  }

  /** Returns the signals sent to the process. A task that does not block one of them takes it. */
  SignalQueue pending() {
    return pending;
  }
}
