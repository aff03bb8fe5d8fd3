package io.hyperlight.internal.pool;

import io.hyperlight.internal.pool.PoolBudget.Need;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a pool that needs one more member may create it now. The budget must have granted
 * it. After a failure there is a pause, unless a caller waits and the pool has no member at all.
 * Guarded by the pool's lock.
 */
final class Growth {
  private static final long MILLISECOND = 1_000_000;

  private final PoolBudget.Share share;
  private final Backoff pause;

  /**
   * Whether a caretaker is asking the budget. Only one does at a time, because a share has one
   * claim.
   */
  private boolean asking;

  private @Nullable Throwable lastFailure;

  Growth(PoolBudget.Share share, long now) {
    this.share = share;
    pause = new Backoff(100 * MILLISECOND, 10_000 * MILLISECOND, now);
  }

  /**
   * Chooses the next step towards a new member.
   *
   * @param need how urgently the pool needs one
   */
  Action choose(Need need, long now) {
    // While a caretaker asks, the pool already counts the new member, so it seems to need none.
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

  /** Answers whether the budget should be told of a need that it does not know yet. */
  boolean mayAsk(Need need) {
    return !asking && !share.knows(need);
  }

  /** Returns how long the pause still lasts. */
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

  /** Returns why the last attempt to create a member failed; null if it succeeded. */
  @Nullable Throwable lastFailure() {
    return lastFailure;
  }
}
