package io.hyperlight.internal.linux.wait;

/** Is told when something changes that it waits for. */
@FunctionalInterface
public interface Waiter {
  /** Reacts to a change. It must not add or remove waiters of the source, other than itself. */
  void changed(WaitSource source);
}
