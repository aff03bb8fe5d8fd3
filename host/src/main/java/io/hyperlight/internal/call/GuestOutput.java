package io.hyperlight.internal.call;

/** Receives a guest's output and log. Its methods are called on the thread that runs the guest. */
public interface GuestOutput {
  /**
   * Takes bytes that the guest printed.
   *
   * @param error whether they are for standard error
   */
  void print(byte[] bytes, boolean error);

  /**
   * Takes a line that the guest logged.
   *
   * @param level 0 (trace) to 4 (error)
   */
  void log(int level, String message);
}
