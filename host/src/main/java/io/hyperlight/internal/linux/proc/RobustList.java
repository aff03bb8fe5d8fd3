package io.hyperlight.internal.linux.proc;

/** Where a task's list of robust futexes begins: {@code set_robust_list(2)}; 0 for none. */
public final class RobustList {
  private long head;

  public long head() {
    return head;
  }

  public void set(long address) {
    head = address;
  }
}
