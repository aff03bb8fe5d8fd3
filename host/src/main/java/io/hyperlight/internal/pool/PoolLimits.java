package io.hyperlight.internal.pool;

import io.hyperlight.internal.os.Deadline;

/**
 * Limits on the number of a pool's members and on their lifetime.
 *
 * @param size the largest number of members at any time
 * @param idle how many members to keep ready
 * @param idleNanos how long a ready member beyond those is kept before it is closed
 * @param uses the number of uses after which a member is closed
 * @param ageNanos the age at which a member is closed, once it is not in use
 */
public record PoolLimits(int size, int idle, long idleNanos, long uses, long ageNanos) {
  /** Cuts times that are too long to matter, so that adding to them cannot overflow. */
  public PoolLimits {
    idleNanos = Math.min(idleNanos, Deadline.FOR_EVER);
    ageNanos = Math.min(ageNanos, Deadline.FOR_EVER);
  }
}
