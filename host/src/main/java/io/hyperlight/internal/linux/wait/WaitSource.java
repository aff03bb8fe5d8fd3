package io.hyperlight.internal.linux.wait;

import java.util.ArrayList;
import java.util.List;

/**
 * Something that tasks wait for, such as the bytes in a pipe. Whoever changes it calls {@link
 * #changed}. Each waiter then looks for itself whether its wait is over. For one thread at a time.
 */
public final class WaitSource {
  // Immutable and empty until the first waiter comes, which most sources never have.
  private List<Waiter> waiters = List.of();

  /** Adds a waiter behind the others. */
  public void add(Waiter waiter) {
    if (waiters.isEmpty()) {
      waiters = new ArrayList<>(1);
    }
    waiters.add(waiter);
  }

  /** Adds a waiter before the others. */
  public void addFirst(Waiter waiter) {
    if (waiters.isEmpty()) {
      waiters = new ArrayList<>(1);
    }
    waiters.addFirst(waiter);
  }

  /** Removes a waiter, if it is there. */
  public void remove(Waiter waiter) {
    if (!waiters.isEmpty()) {
      waiters.remove(waiter); // waiters are equal only to themselves
    }
  }

  /** Returns whether anything waits. */
  public boolean hasWaiters() {
    return !waiters.isEmpty();
  }

  /** Tells all waiters that something has changed. A waiter may remove itself meanwhile. */
  public void changed() {
    if (waiters.isEmpty()) {
      return;
    }
    for (Waiter waiter : waiters.toArray(new Waiter[0])) {
      waiter.changed(this);
    }
  }
}
