package io.hyperlight.internal.linux.wait;

/**
 * Leaves the handler of a system call that a signal has interrupted. {@link TaskWait#restart} says
 * what becomes of the call. It has no stack trace, since it only carries control.
 */
public final class InterruptedWaitException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  InterruptedWaitException() {
    super("a signal interrupts the wait", null, false, false);
  }
}
