package io.hyperlight.internal.pool;

/** Where tests let errors strike: at each step of what a pool does. */
@FunctionalInterface
interface Steps {
  /** In production. */
  Steps NONE = (_, _) -> {};

  /**
   * The pool is about to take a step.
   *
   * @param who takes it
   * @param what it is
   */
  void at(String who, Object what);
}
