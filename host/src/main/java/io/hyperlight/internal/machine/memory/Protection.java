package io.hyperlight.internal.machine.memory;

/**
 * What guest code may do with a page. Only a guest that may make code gets pages that are writable
 * and executable at once (W^X). The host maps no such pages by itself.
 */
public enum Protection {
  READ(true, false, false),
  READ_WRITE(true, true, false),
  READ_EXECUTE(true, false, true),
  READ_WRITE_EXECUTE(true, true, true),
  /** For addresses that are taken, and fault. */
  NONE(false, false, false);

  private final boolean readable;
  private final boolean writable;
  private final boolean executable;

  Protection(boolean readable, boolean writable, boolean executable) {
    this.readable = readable;
    this.writable = writable;
    this.executable = executable;
  }

  /**
   * Returns the least rights that include these, as the processor has them: all but {@link #NONE}
   * can read.
   */
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
