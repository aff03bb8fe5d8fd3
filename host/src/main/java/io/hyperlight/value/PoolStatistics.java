package io.hyperlight.value;

import java.time.Duration;

/**
 * Reports what a {@linkplain io.hyperlight.SandboxPool pool} has at one moment, and what it has
 * done since it was built.
 *
 * @param sandboxes sandboxes that exist, or are being created or closed
 * @param ready clean sandboxes that are not lent
 * @param lent sandboxes that are lent
 * @param waiting threads that wait for a sandbox
 * @param acquired how often a sandbox was lent
 * @param waited how often a thread had to wait, whether or not it got a sandbox
 * @param refused how often a thread got a {@link io.hyperlight.error.PoolException} instead of a
 *     sandbox
 * @param created sandboxes created
 * @param failedCreations how often the creation of a sandbox failed
 * @param cleaned how often a sandbox was cleaned after use
 * @param retired sandboxes closed although they worked: because of their age or uses, because they
 *     were idle, for the benefit of another pool, or with the pool
 * @param replaced sandboxes closed because they could not be cleaned, or because their holder had
 *     closed them
 * @param waitTime the time that all threads together have waited
 * @param longestWait the longest time that a thread waited
 * @param creationTime the time that all successful creations took together
 * @param cleaningTime the time that all successful cleanings took together
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
