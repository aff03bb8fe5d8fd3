package io.hyperlight.internal.machine.arch;

/** This machine's KVM works, but not in a way that sandboxes can be built on. */
public final class MachineUnsupportedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public MachineUnsupportedException(String message) {
    super(message);
  }
}
