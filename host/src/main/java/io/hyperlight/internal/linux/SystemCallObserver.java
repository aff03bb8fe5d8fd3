package io.hyperlight.internal.linux;

/** Sees every system call of a guest, on the thread that runs it. */
@FunctionalInterface
public interface SystemCallObserver {
  /**
   * Reports a system call that was answered.
   *
   * @param name as in the manual, or the number in words
   * @param arguments all six, although most calls use fewer
   * @param result what the guest gets: a negated error number from -4095 to -1
   * @param text the whole call as {@code strace(1)} would show it: one line of printable ASCII
   */
  void answered(String name, long[] arguments, long result, String text);
}
