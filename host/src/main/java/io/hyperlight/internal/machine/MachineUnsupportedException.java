package io.hyperlight.internal.machine;

/** This machine's KVM works, but not in a way that sandboxes can be built on. */
public final class MachineUnsupportedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  MachineUnsupportedException(String message) {
    super(message);
  }
}
