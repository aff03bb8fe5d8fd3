package io.hyperlight.internal.linux.signal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/** What each signal does to a program: {@code sigaction(2)}. */
public final class SignalActions {
  static final long SIG_DFL = 0;
  static final long SIG_IGN = 1;

  private static final SignalState.Action[] INITIAL = initial();

  /** {@link #INITIAL} itself before anything is set: most guests set nothing. */
  private SignalState.Action[] actions = INITIAL;

  /** Whether they are in an array of their own, which is then kept. */
  private boolean own;

  /** What they were restored from, and whether they are something else now. */
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

  /** Lets a signal do what it does to a new program. */
  void reset(int signal) {
    set(INITIAL[signal]);
  }

  boolean isDefault(int signal) {
    return actions[signal].handler() == SIG_DFL;
  }

  /** Whether the program goes on as if nothing had been sent. */
  boolean isIgnored(int signal) {
    return actions[signal].handler() == SIG_IGN
        || (isDefault(signal) && Signals.isIgnoredByDefault(signal));
  }

  boolean hasHandler(int signal) {
    return actions[signal].handler() != SIG_DFL && actions[signal].handler() != SIG_IGN;
  }

  /** A bit for each that the program says it ignores. */
  public long ignored() {
    return all(handler -> handler == SIG_IGN);
  }

  /** A bit for each that it has a handler for. */
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

  /** Those that are not as in a new program. */
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
