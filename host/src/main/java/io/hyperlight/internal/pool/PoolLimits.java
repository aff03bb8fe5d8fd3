package io.hyperlight.internal.pool;

import io.hyperlight.internal.os.Deadline;

/**
 * How many members a pool has, and for how long.
 *
 * @param size the most at any time
 * @param idle how many to keep ready
 * @param idleNanos after which a ready member in excess of those is closed
 * @param uses after which a member is closed
 * @param ageNanos after which a member is closed, when it is not in use
 */
public record PoolLimits(int size, int idle, long idleNanos, long uses, long ageNanos) {
  /** Times so long that they make no difference are cut, so that adding to them is safe. */
  public PoolLimits {
    idleNanos = Math.min(idleNanos, Deadline.FOR_EVER);
    ageNanos = Math.min(ageNanos, Deadline.FOR_EVER);
  }
}
