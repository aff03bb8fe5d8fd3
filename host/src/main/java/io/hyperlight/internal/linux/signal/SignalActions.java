package io.hyperlight.internal.linux.signal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/** The action of each signal: {@code sigaction(2)}. */
public final class SignalActions {
  static final long SIG_DFL = 0;
  static final long SIG_IGN = 1;

  private static final SignalState.Action[] INITIAL = initial();

  /** {@link #INITIAL} itself before anything is set: most guests set nothing. */
  private SignalState.Action[] actions = INITIAL;

  /** Whether {@link #actions} is an array of its own. Once made, it is kept. */
  private boolean own;

  /** The actions that were restored last, and whether they have changed since. */
  private @Nullable List<SignalState.Action> base;

  private boolean changed;

  private static SignalState.Action[] initial() {
    SignalState.Action[] actions = new SignalState.Action[Signals.COUNT + 1];
    Arrays.setAll(actions, signal -> new SignalState.Action(signal, SIG_DFL, 0, 0, 0));
    return actions;
  }

  SignalState.Action of(int signal) {
    return actions[signal];
  }

  void set(SignalState.Action action) {
    makeOwn();
    changed = true;
    actions[action.signal()] = action;
  }

  private void makeOwn() {
    if (!own) {
      actions = INITIAL.clone();
      own = true;
    }
  }

  /** Resets the action of a signal to that of a new program. */
  void reset(int signal) {
    set(INITIAL[signal]);
  }

  boolean isDefault(int signal) {
    return actions[signal].handler() == SIG_DFL;
  }

  /** Answers whether a signal has no effect on the program. */
  boolean isIgnored(int signal) {
    return actions[signal].handler() == SIG_IGN
        || (isDefault(signal) && Signals.isIgnoredByDefault(signal));
  }

  boolean hasHandler(int signal) {
    return actions[signal].handler() != SIG_DFL && actions[signal].handler() != SIG_IGN;
  }

  /** Returns the signals that the program ignores explicitly, a bit for each. */
  public long ignored() {
    return all(handler -> handler == SIG_IGN);
  }

  /** Returns the signals with a handler, a bit for each. */
  public long caught() {
    return all(handler -> handler != SIG_IGN && handler != SIG_DFL);
  }

  private long all(LongPredicate which) {
    long found = 0;
    for (int signal = 1; signal <= Signals.COUNT; signal++) {
      found |= which.test(actions[signal].handler()) ? Signals.bit(signal) : 0;
    }
    return found;
  }

  /** Returns the actions that differ from those of a new program. */
  List<SignalState.Action> state() {
    List<SignalState.Action> others = new ArrayList<>();
    for (int signal = 1; signal <= Signals.COUNT; signal++) {
      if (!actions[signal].equals(INITIAL[signal])) {
        others.add(actions[signal]);
      }
    }
    return List.copyOf(others);
  }

  void restore(List<SignalState.Action> earlier) {
    if (changed || !earlier.equals(base)) {
      if (!earlier.isEmpty()) {
        makeOwn();
      }
      if (own) {
        System.arraycopy(INITIAL, 0, actions, 0, actions.length);
      }
      for (SignalState.Action action : earlier) {
        actions[action.signal()] = action;
      }
      base = earlier;
      changed = false;
    }
  }
}
