package io.hyperlight.pool;

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
  private static final long FOR_EVER = Long.MAX_VALUE / 4;

  /** Times so long that they make no difference are cut, so that adding to them is safe. */
  public PoolLimits {
    idleNanos = Math.min(idleNanos, FOR_EVER);
    ageNanos = Math.min(ageNanos, FOR_EVER);
  }
}
