package io.hyperlight.internal.call;

/** Where a guest's output and log go. Called on the thread that runs the guest. */
public interface GuestOutput {
  /**
   * Bytes the guest printed.
   *
   * @param error whether to standard error
   */
  void print(byte[] bytes, boolean error);

  /**
   * A line the guest logged.
   *
   * @param level 0 (trace) to 4 (error)
   */
  void log(int level, String message);
}
