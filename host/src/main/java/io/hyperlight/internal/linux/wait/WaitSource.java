package io.hyperlight.internal.linux.wait;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Something that tasks wait for, such as the bytes in a pipe. Whoever changes it calls {@link
 * #changed}. Each waiter then looks for itself whether its wait is over. For one thread at a time.
 */
public final class WaitSource {
  // Immutable and empty until the first waiter comes, which most sources never have.
  private List<Waiter> waiters = List.of();

  /** Changes when this one does; null for none. */
  private final @Nullable WaitSource follower;

  /** Creates a source without waiters. */
  public WaitSource() {
    this(null);
  }

  /**
   * Creates a source without waiters.
   *
   * @param follower changes when this one does
   */
  public WaitSource(@Nullable WaitSource follower) {
    this.follower = follower;
  }

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
    if (!waiters.isEmpty()) {
      for (Waiter waiter : waiters.toArray(new Waiter[0])) {
        waiter.changed(this);
      }
    }
    if (follower != null) {
      follower.changed();
    }
  }
}
