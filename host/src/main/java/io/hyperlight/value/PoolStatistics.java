package io.hyperlight.value;

import java.time.Duration;

/**
 * What a {@linkplain io.hyperlight.SandboxPool pool} has at one moment, and what it has done since
 * it was built.
 *
 * @param sandboxes that exist, or are being created or closed
 * @param ready sandboxes that are clean and in nobody's hands
 * @param lent sandboxes in somebody's hands
 * @param waiting threads that wait for a sandbox
 * @param acquired how often a sandbox was handed out
 * @param waited how often a thread had to wait, whether or not it got one
 * @param refused how often no sandbox was handed out: each time, a {@link
 *     io.hyperlight.error.PoolException} was thrown
 * @param created sandboxes created
 * @param failedCreations how often creating one failed
 * @param cleaned how often a sandbox was made clean after use
 * @param retired sandboxes closed although they worked: for their age or uses, because nobody
 *     needed them, for the sake of another pool, or with the pool
 * @param replaced sandboxes closed because they could not be cleaned, or because their holder had
 *     closed them
 * @param waitTime all waiting of threads together
 * @param longestWait the longest time that a thread waited
 * @param creationTime all creating together, but for what failed
 * @param cleaningTime all cleaning together, but for what failed
 */
public record PoolStatistics(
    int sandboxes,
    int ready,
    int lent,
    int waiting,
    long acquired,
    long waited,
    long refused,
    long created,
    long failedCreations,
    long cleaned,
    long retired,
    long replaced,
    Duration waitTime,
    Duration longestWait,
    Duration creationTime,
    Duration cleaningTime) {}
