package io.hyperlight.internal.linux.wait;

import java.util.LinkedHashSet;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/**
 * Something that tasks wait for, such as the bytes in a pipe. Whoever changes it calls {@link
 * #changed}. Each waiter then looks for itself whether its wait is over. For one thread at a time.
 */
public final class WaitSource {
  private static final int MANY = 1024;

  // Null until the first waiter comes, which most sources never have. A guest decides how many
  // there are, and in which order they go. So none of the methods searches for one.
  private @Nullable SequencedSet<Waiter> waiters;

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

  /** Adds a waiter behind the others, unless it is there. */
  public void add(Waiter waiter) {
    made().add(waiter); // waiters are equal only to themselves
  }

  /** Adds a waiter before the others. */
  public void addFirst(Waiter waiter) {
    made().addFirst(waiter);
  }

  private SequencedSet<Waiter> made() {
    SequencedSet<Waiter> there = waiters;
    if (there == null) {
      there = new LinkedHashSet<>(2);
      waiters = there;
    }
    return there;
  }

  /** Removes a waiter, if it is there. */
  public void remove(Waiter waiter) {
    if (waiters != null) {
      waiters.remove(waiter);
    }
  }

  /** Returns whether anything waits, or is about to look whether its wait is over. */
  public boolean hasWaiters() {
    return waiters != null && !waiters.isEmpty();
  }

  /** Returns whether so much waits that nothing else should. A change tells all in one go. */
  public boolean isCrowded() {
    return waiters != null && waiters.size() >= MANY;
  }

  /** Tells all waiters that something has changed. A waiter may remove itself meanwhile. */
  public void changed() {
    if (waiters != null && !waiters.isEmpty()) {
      for (Waiter waiter : waiters.toArray(new Waiter[0])) {
        waiter.changed(this);
      }
    }
    if (follower != null) {
      follower.changed();
    }
  }
}
