package io.hyperlight.internal.linux.proc;

import io.hyperlight.internal.restore.Restorable;

/** The head of a task's list of robust futexes: {@code set_robust_list(2)}; 0 for none. */
public final class RobustList implements Restorable<ProcessState> {
  private long head;

  public long head() {
    return head;
  }

  public void set(long address) {
    head = address;
  }

  @Override
  public void restore(ProcessState earlier) {
    head = earlier.robustList();
  }
}
