package io.hyperlight.internal.linux.futex;

import org.jspecify.annotations.Nullable;

/**
 * The lock that a futex with priority inheritance is, while tasks wait for it: {@code
 * futex_pi_state} of the kernel. All its waiters have the same object. Nobody's priority changes,
 * since all tasks have the same one.
 */
final class FutexLock {
  /** Null if it has exited and there is no other one yet. */
  @Nullable FutexTask owner;

  FutexLock(FutexTask owner) {
    this.owner = owner;
  }
}
