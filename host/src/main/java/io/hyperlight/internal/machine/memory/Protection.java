package io.hyperlight.internal.machine.memory;

/**
 * What guest code may do with a page. Writable and executable at once is what only a guest gets
 * that may make code (W^X), and nothing the host maps by itself.
 */
public enum Protection {
  READ(true, false, false),
  READ_WRITE(true, true, false),
  READ_EXECUTE(true, false, true),
  READ_WRITE_EXECUTE(true, true, true),
  /** Addresses that are taken, and fault. */
  NONE(false, false, false);

  private final boolean readable;
  private final boolean writable;
  private final boolean executable;

  Protection(boolean readable, boolean writable, boolean executable) {
    this.readable = readable;
    this.writable = writable;
    this.executable = executable;
  }

  /** The least rights that include these, as the processor has them: all but none can read. */
  public static Protection of(boolean read, boolean write, boolean execute) {
    if (write) {
      return execute ? READ_WRITE_EXECUTE : READ_WRITE;
    }
    if (execute) {
      return READ_EXECUTE;
    }
    return read ? READ : NONE;
  }

  public boolean readable() {
    return readable;
  }

  public boolean writable() {
    return writable;
  }

  public boolean executable() {
    return executable;
  }
}
