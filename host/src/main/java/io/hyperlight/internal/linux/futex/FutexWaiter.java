package io.hyperlight.internal.linux.futex;

import org.jspecify.annotations.Nullable;

/** An entry in the queue of a futex: a task that waits there, or has to get a lock there. */
final class FutexWaiter {
  /** What it waits for. */
  enum Kind {
    /** To be woken. */
    WAKE,
    /** To be woken with a lock, or moved to the queue of the lock. */
    REQUEUE,
    /** To own the lock. */
    LOCK
  }

  /** The bits of a waiter that any waker wakes. */
  static final int ANY = -1;

  /** The address of the target of a waiter that has none. No word is there. */
  static final long NOWHERE = -1;

  final FutexTask task;

  /** What wakers choose waiters by. */
  final int bits;

  /** The place in the list of {@code futex_waitv(2)}, which is the result of the call. */
  final int index;

  /** The lock of a waiter of the kind {@link Kind#REQUEUE}. */
  final @Nullable FutexKey target;

  final long targetAddress;

  FutexKey key;
  long address;
  boolean isPrivate;

  /** Null unless it waits for a lock. */
  @Nullable FutexLock lock;

  FutexWaiter(
      FutexTask task,
      FutexKey key,
      long address,
      boolean isPrivate,
      int bits,
      int index,
      @Nullable FutexKey target,
      long targetAddress) {
    this.task = task;
    this.key = key;
    this.address = address;
    this.isPrivate = isPrivate;
    this.bits = bits;
    this.index = index;
    this.target = target;
    this.targetAddress = targetAddress;
  }

  static FutexWaiter of(FutexTask task, FutexKey key, long address, boolean isPrivate, int bits) {
    return new FutexWaiter(task, key, address, isPrivate, bits, 0, null, NOWHERE);
  }

  Kind kind() {
    return lock != null ? Kind.LOCK : target != null ? Kind.REQUEUE : Kind.WAKE;
  }
}
