package io.hyperlight.internal.pool;

import io.hyperlight.value.PoolStatistics;
import java.time.Duration;

/** Counts what happens in a pool. Guarded by the pool's lock. */
final class PoolCounters {
  // Holders change these fields directly, since their stack may be nearly full.
  long acquired;
  long waited;
  long refused;
  long waitNanos;
  long longestWaitNanos;

  private long created;
  private long failures;
  private long cleaned;
  private long retired;
  private long broken;
  private long createNanos;
  private long cleanNanos;

  void created(long nanos) {
    created++;
    createNanos += nanos;
  }

  void creationFailed() {
    failures++;
  }

  void cleaned(long nanos) {
    cleaned++;
    cleanNanos += nanos;
  }

  void closed(boolean wasBroken) {
    if (wasBroken) {
      broken++;
    } else {
      retired++;
    }
  }

  PoolStatistics statistics(int total, int ready, int lent, int waiting) {
    return new PoolStatistics(
        total,
        ready,
        lent,
        waiting,
        acquired,
        waited,
        refused,
        created,
        failures,
        cleaned,
        retired,
        broken,
        Duration.ofNanos(waitNanos),
        Duration.ofNanos(longestWaitNanos),
        Duration.ofNanos(createNanos),
        Duration.ofNanos(cleanNanos));
  }
}
