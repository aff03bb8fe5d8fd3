package io.hyperlight.internal.linux.futex;

import java.util.List;

/**
 * Holds who waits for futexes, in a snapshot. Immutable.
 *
 * @param waiting in the order of the queues
 * @param results of calls that are over, although their tasks have not run since
 */
public record FutexState(List<Waiting> waiting, List<Result> results) {
  /** Nobody waits. */
  public static final FutexState INITIAL = new FutexState(List.of(), List.of());

  public FutexState {
    waiting = List.copyOf(waiting);
    results = List.copyOf(results);
  }

  /**
   * Holds a waiter.
   *
   * @param thread the number of its task
   * @param address of the word
   * @param isPrivate whether only one process uses it
   * @param bits by which wakers choose
   * @param index in the list of {@code futex_waitv(2)}
   * @param target the address of the lock to which it may be moved; -1 for none
   * @param owner the number of the task that has the lock; 0 if it does not wait for a lock
   */
  public record Waiting(
      int thread, long address, boolean isPrivate, int bits, int index, long target, int owner) {}

  /** Holds the result of a task's call. */
  public record Result(int thread, long value) {}

  public boolean isInitial() {
    return waiting.isEmpty() && results.isEmpty();
  }
}
