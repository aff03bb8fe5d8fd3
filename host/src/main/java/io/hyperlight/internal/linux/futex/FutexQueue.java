package io.hyperlight.internal.linux.futex;

import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.restore.Restorable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/**
 * All waiters for the futexes of a world: a queue for each futex, in the order in which they came.
 * For one thread at a time.
 */
public final class FutexQueue implements Restorable<FutexState> {
  /** What a waiter costs the Java heap, in bytes. */
  static final long WAITER_BYTES = 192;

  // Ordered, so that each run of a deterministic guest is the same. Immutable and empty until the
  // first waiter comes.
  private Map<FutexKey, SequencedSet<FutexWaiter>> queues = Map.of();
  private final Map<Integer, FutexTask> tasks = new HashMap<>(2);
  private final Checkpoint checkpoint;
  private int waiters;

  /** Whether tasks may have results of calls that are over. */
  private boolean hasResults;

  /** Creates a queue without waiters. */
  public FutexQueue(Checkpoint checkpoint) {
    this.checkpoint = checkpoint;
  }

  Checkpoint checkpoint() {
    return checkpoint;
  }

  // Tasks.

  void addTask(FutexTask task) {
    tasks.put(task.thread(), task);
  }

  /** Does what {@code ProcessSignals.restart} does. */
  public void restart() {
    if (tasks.size() > 1) {
      tasks.clear();
    }
  }

  void removeTask(FutexTask task) {
    tasks.remove(task.thread(), task);
  }

  /** Returns the task with a number; null if there is none. */
  @Nullable FutexTask task(int thread) {
    return tasks.get(thread);
  }

  /** Returns what the waiters cost the Java heap. */
  public long heapBytes() {
    return waiters * WAITER_BYTES;
  }

  void noteResult() {
    hasResults = true;
  }

  // Waiters.

  void add(FutexWaiter waiter) {
    waiters++;
    if (queues.isEmpty() && !(queues instanceof LinkedHashMap)) {
      queues = new LinkedHashMap<>();
    }
    queues.computeIfAbsent(waiter.key, _ -> new LinkedHashSet<>(2)).add(waiter);
  }

  /** Removes a waiter, unless it was removed before. */
  void remove(FutexWaiter waiter) {
    SequencedSet<FutexWaiter> queue = queues.get(waiter.key);
    if (queue != null && queue.remove(waiter)) {
      waiters--;
      if (queue.isEmpty()) {
        queues.remove(waiter.key);
      }
    }
  }

  /** Moves a waiter to the end of another queue. */
  void move(FutexWaiter waiter, FutexKey key, long address, boolean isPrivate) {
    remove(waiter);
    waiter.key = key;
    waiter.address = address;
    waiter.isPrivate = isPrivate;
    add(waiter);
  }

  /** Returns the first waiter of a futex; null if there is none. */
  @Nullable FutexWaiter first(FutexKey key) {
    SequencedSet<FutexWaiter> queue = queues.get(key);
    return queue == null ? null : queue.getFirst();
  }

  /** Returns the first waiters of a futex. */
  List<FutexWaiter> first(FutexKey key, long most) {
    SequencedSet<FutexWaiter> queue = queues.get(key);
    if (queue == null || most <= 0) {
      return List.of();
    }
    List<FutexWaiter> found = new ArrayList<>(1);
    for (FutexWaiter waiter : queue) {
      checkpoint.pass();
      found.add(waiter);
      if (found.size() >= most) {
        break;
      }
    }
    return found;
  }

  /** Returns the first waiters for the locks that a task owns, one for each lock. */
  List<FutexWaiter> waitersFor(FutexTask owner) {
    if (queues.isEmpty()) {
      return List.of();
    }
    List<FutexWaiter> found = new ArrayList<>();
    for (SequencedSet<FutexWaiter> queue : queues.values()) {
      checkpoint.pass();
      FutexLock lock = queue.getFirst().lock;
      if (lock != null && lock.owner == owner) {
        found.add(queue.getFirst());
      }
    }
    return found;
  }

  /**
   * Wakes waiters that have one of these bits, at least one waiter if there is one.
   *
   * @param most how many, if it is more than one
   * @return how many there were, or -EINVAL for one that waits for a lock
   */
  long wake(FutexKey key, int most, int bits) {
    List<FutexWaiter> woken = new ArrayList<>(1);
    long result = take(key, most, bits, woken);
    end(woken);
    return result;
  }

  /**
   * Takes the same waiters out of the queue. The calls of their tasks are not over yet: {@link
   * #end}.
   *
   * @param taken gets them, also if the result is an error
   */
  long take(FutexKey key, int most, int bits, List<FutexWaiter> taken) {
    long count = 0;
    for (FutexWaiter waiter : first(key, Long.MAX_VALUE)) {
      checkpoint.pass();
      if (waiter.kind() != FutexWaiter.Kind.WAKE) {
        return -Errno.EINVAL;
      }
      if ((waiter.bits & bits) != 0) {
        remove(waiter);
        taken.add(waiter);
        if (++count >= most) {
          break;
        }
      }
    }
    return count;
  }

  /**
   * Ends the calls of tasks whose waiters were taken, each once: a task may wait for one futex
   * several times. Its result is then the last place in its list.
   */
  void end(List<FutexWaiter> taken) {
    if (taken.size() == 1) {
      taken.getFirst().task.end(taken.getFirst().index);
      return;
    }
    Map<FutexTask, Integer> results = new LinkedHashMap<>();
    for (FutexWaiter waiter : taken) {
      checkpoint.pass();
      results.merge(waiter.task, waiter.index, Math::max);
    }
    results.forEach((task, index) -> {
      checkpoint.pass();
      task.end(index);
    });
  }

  // Snapshots.

  public FutexState state() {
    List<FutexState.Waiting> waiting = new ArrayList<>();
    for (SequencedSet<FutexWaiter> queue : queues.values()) {
      for (FutexWaiter waiter : queue) {
        FutexTask owner = waiter.lock == null ? null : waiter.lock.owner;
        waiting.add(
            new FutexState.Waiting(
                waiter.task.thread(),
                waiter.address,
                waiter.isPrivate,
                waiter.bits,
                waiter.index,
                waiter.targetAddress,
                owner == null ? 0 : owner.thread()));
      }
    }
    List<FutexState.Result> results = new ArrayList<>();
    for (FutexTask task : tasks.values()) {
      task.result().ifPresent(value -> results.add(new FutexState.Result(task.thread(), value)));
    }
    return waiting.isEmpty() && results.isEmpty()
        ? FutexState.INITIAL
        : new FutexState(waiting, results);
  }

  /**
   * {@inheritDoc}
   *
   * <p>Call this when the tasks are those of the snapshot, and the mappings are restored.
   */
  @Override
  public void restore(FutexState earlier) {
    if (waiters == 0 && !hasResults && earlier.isInitial()) {
      return; // no iterator: every restore calls this
    }
    hasResults = !earlier.results().isEmpty();
    for (FutexTask task : tasks.values()) {
      task.leave();
      task.takeResult();
    }
    Map<FutexKey, FutexLock> locks = new HashMap<>();
    for (FutexState.Waiting saved : earlier.waiting()) {
      FutexTask task = tasks.get(saved.thread());
      if (task != null) {
        task.add(restored(saved, task, locks));
      }
    }
    for (FutexState.Result saved : earlier.results()) {
      FutexTask task = tasks.get(saved.thread());
      if (task != null) {
        task.restoreResult(saved.value());
      }
    }
  }

  private FutexWaiter restored(
      FutexState.Waiting saved, FutexTask task, Map<FutexKey, FutexLock> locks) {
    FutexKey key = task.keys().restored(saved.address(), saved.isPrivate());
    FutexWaiter waiter =
        new FutexWaiter(
            task,
            key,
            saved.address(),
            saved.isPrivate(),
            saved.bits(),
            saved.index(),
            saved.target() == FutexWaiter.NOWHERE
                ? null
                : task.keys().restored(saved.target(), saved.isPrivate()),
            saved.target());
    FutexTask owner = tasks.get(saved.owner());
    if (owner != null) {
      waiter.lock = locks.computeIfAbsent(key, _ -> new FutexLock(owner));
    }
    return waiter;
  }
}
