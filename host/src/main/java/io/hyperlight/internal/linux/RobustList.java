package io.hyperlight.internal.linux;

/** Where a task's list of robust futexes begins: {@code set_robust_list(2)}; 0 for none. */
final class RobustList {
  private long head;

  long head() {
    return head;
  }

  void set(long address) {
    head = address;
  }
}
