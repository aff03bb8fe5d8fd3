package io.hyperlight.internal.pool;

/** Receives each step of a pool, so that tests can inject an error at every one of them. */
@FunctionalInterface
interface Steps {
  /** Does nothing; for production. */
  Steps NONE = (_, _) -> {};

  /**
   * Receives the step that the pool is about to take.
   *
   * @param who takes it
   * @param what the step is
   */
  void at(String who, Object what);
}
