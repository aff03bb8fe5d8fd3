package io.hyperlight.internal.pool;

import io.hyperlight.internal.pool.PoolBudget.Need;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a pool that wants one more member may create it now: the budget must have granted
 * it, and after a failure there is a pause, unless somebody waits who has no other hope. Guarded by
 * the pool's lock.
 */
final class Growth {
  private static final long MILLISECOND = 1_000_000;

  private final PoolBudget.Share share;
  private final Backoff pause;

  /** Whether a caretaker is asking the budget: one at a time, because a share has one claim. */
  private boolean asking;

  private @Nullable Throwable lastFailure;

  Growth(PoolBudget.Share share, long now) {
    this.share = share;
    pause = new Backoff(100 * MILLISECOND, 10_000 * MILLISECOND, now);
  }

  /**
   * What to do.
   *
   * @param need of the pool
   */
  Action choose(Need need, long now) {
    // While one asks, the member that it asks for is counted already, and nothing seems to be
    // needed.
    if (!asking && share.takeGrant()) {
      return need == Need.NONE ? Action.RELEASE : Action.CREATE;
    }
    if (mayAsk(need)) {
      if (need == Need.MORE && !pause.isDue(now)) {
        return Action.NONE;
      }
      asking = true;
      return Action.GROW;
    }
    boolean needless = need == Need.NONE && !asking && share.claim() != Need.NONE;
    return needless ? Action.WITHDRAW : Action.NONE;
  }

  /** Whether there is a reason to ask the budget that it does not know yet. */
  boolean mayAsk(Need need) {
    return !asking && !share.knows(need);
  }

  /** How long until the pause ends. */
  long nanosLeft(long now) {
    return pause.nanosLeft(now);
  }

  void asked() {
    asking = false;
  }

  void succeeded() {
    pause.reset();
    lastFailure = null;
  }

  void failed(@Nullable Throwable failure, long now) {
    lastFailure = failure;
    pause.failed(now);
  }

  /** Why the last attempt to create a member failed; null if it did not. */
  @Nullable Throwable lastFailure() {
    return lastFailure;
  }
}
