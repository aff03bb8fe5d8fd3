package io.hyperlight.pool;

/** Counts what happens in a pool. Guarded by the pool's lock. */
final class PoolCounters {
  private long acquired;
  private long waited;
  private long refused;
  private long created;
  private long failures;
  private long cleaned;
  private long retired;
  private long broken;
  private long waitNanos;
  private long longestWaitNanos;
  private long createNanos;
  private long cleanNanos;

  void acquired() {
    acquired++;
  }

  void waited(long nanos) {
    waited++;
    waitNanos += nanos;
    longestWaitNanos = Math.max(longestWaitNanos, nanos);
  }

  void refused() {
    refused++;
  }

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

  PoolFigures figures(int total, int ready, int lent, int waiting) {
    return new PoolFigures(
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
        waitNanos,
        longestWaitNanos,
        createNanos,
        cleanNanos);
  }
}
