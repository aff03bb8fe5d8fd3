package io.hyperlight.internal.machine.arch;

/** This machine's KVM works, but lacks something that sandboxes need. The message says what. */
public final class MachineUnsupportedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public MachineUnsupportedException(String message) {
    super(message);
  }
}
