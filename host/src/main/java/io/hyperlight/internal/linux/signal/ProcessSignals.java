package io.hyperlight.internal.linux.signal;

import io.hyperlight.internal.linux.wait.WaitSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The signal state that the tasks of a process share: the actions, and the signals sent to the
 * process. It chooses which task takes such a signal.
 */
public final class ProcessSignals {
  private final SignalActions actions = new SignalActions();
  private final SignalCount count = new SignalCount();
  private final SignalQueue pending = new SignalQueue(count);
  private final WaitSource arrivals = new WaitSource();
  private UnaryOperator<SignalInfo> atDelivery = UnaryOperator.identity();

  /** The oldest first. */
  private final List<TaskSignals> tasks = new ArrayList<>(1);

  /** Where the search for a task goes on. */
  private int next;

  /**
   * Sets what is told of each signal that is taken, and returns its information as the program sees
   * it.
   */
  public void atDelivery(UnaryOperator<SignalInfo> told) {
    atDelivery = told;
  }

  SignalInfo delivered(SignalInfo info) {
    return atDelivery.apply(info);
  }

  /** Returns what changes when a signal is sent to the process or to a task of it. */
  public WaitSource arrivals() {
    return arrivals;
  }

  SignalActions actions() {
    return actions;
  }

  /** Returns the signals sent to the process. A task that does not block one of them takes it. */
  SignalQueue pending() {
    return pending;
  }

  /** Returns how many signals are queued with their information, for the process and its tasks. */
  SignalCount count() {
    return count;
  }

  // Its tasks.

  /**
   * Forgets the tasks before a restore adds those of the snapshot, in their order. A call may have
   * ended while a task was made, so that it is one only here.
   */
  public void restart() {
    next = 0;
    if (tasks.size() > 1) {
      tasks.clear();
    }
  }

  /** Adds a task that may be there already. */
  void add(TaskSignals task) {
    if (!tasks.contains(task)) {
      tasks.add(task.isOfFirst() ? 0 : tasks.size(), task);
    }
  }

  void remove(TaskSignals task) {
    tasks.remove(task);
  }

  /** Returns the signals of a task; null if there is no task with this number. */
  @Nullable TaskSignals find(int thread) {
    for (int i = 0; i < tasks.size(); i++) {
      if (tasks.get(i).thread() == thread) {
        return tasks.get(i);
      }
    }
    return null;
  }

  /** Returns the oldest task: the first one of the process, if it has not exited. */
  TaskSignals first() {
    return tasks.getFirst();
  }

  boolean hasOneTask() {
    return tasks.size() == 1;
  }

  /**
   * Chooses the task that takes a signal of the process: one task before all, else the others in
   * turn ({@code complete_signal} of the kernel).
   *
   * @return null if all block it, or look for signals anyway
   */
  @Nullable TaskSignals choose(int signal, TaskSignals preferred) {
    if (preferred.wants(signal)) {
      return preferred;
    }
    if (hasOneTask() && first() == preferred) {
      return null;
    }
    for (int i = 0; i < tasks.size(); i++) {
      next = next + 1 < tasks.size() ? next + 1 : 0; // tasks come and go
      if (tasks.get(next).wants(signal)) {
        return tasks.get(next);
      }
    }
    return null;
  }

  /**
   * Lets other tasks look for signals of the process that a task does not take any more: {@code
   * retarget_shared_pending} of the kernel.
   */
  void retarget(TaskSignals from, long signals) {
    long left = pending.pending() & signals;
    for (int i = 0; i < tasks.size() && left != 0; i++) {
      TaskSignals task = tasks.get(i);
      if (task != from && (left & ~task.blocked()) != 0) {
        task.look(left & ~task.blocked());
        left &= task.blocked();
      }
    }
  }

  /** Removes signals wherever they are pending. */
  void discard(long signals) {
    pending.discard(signals);
    for (int i = 0; i < tasks.size(); i++) {
      tasks.get(i).pending().ofTask().discard(signals);
    }
  }
}
