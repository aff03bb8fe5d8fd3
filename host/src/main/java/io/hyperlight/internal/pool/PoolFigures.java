package io.hyperlight.internal.pool;

/**
 * What a pool has and has done.
 *
 * @param total members that exist, or are being created or closed
 * @param ready members that wait to be lent
 * @param lent members in use
 * @param waiting threads that wait for a member
 * @param acquired how often a member was lent
 * @param waited how often a thread had to wait, whatever for
 * @param refused how often none was lent
 * @param created members ever created
 * @param failures how often creating one failed
 * @param cleaned how often a member was cleaned
 * @param retired members closed in good order
 * @param broken members closed because they could not be taken back or cleaned
 * @param waitNanos all waiting together
 * @param longestWaitNanos the longest
 * @param createNanos all creating together, but for failures
 * @param cleanNanos all cleaning together, but for failures
 */
public record PoolFigures(
    int total,
    int ready,
    int lent,
    int waiting,
    long acquired,
    long waited,
    long refused,
    long created,
    long failures,
    long cleaned,
    long retired,
    long broken,
    long waitNanos,
    long longestWaitNanos,
    long createNanos,
    long cleanNanos) {}
