package io.hyperlight.internal.linux.wait;

/**
 * Leaves the handler of a system call that has to wait. The {@link TaskWait} of the task knows what
 * for. It has no stack trace, since it only carries control.
 */
public final class BlockedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  BlockedException() {
    super("the task waits", null, false, false);
  }
}
