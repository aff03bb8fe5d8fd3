package io.hyperlight.vm;

/**
 * What guest code may do with a page. There is no writable and executable page (W^X), by
 * construction.
 */
public enum Protection {
  READ(false, false),
  READ_WRITE(true, false),
  READ_EXECUTE(false, true);

  private final boolean writable;
  private final boolean executable;

  Protection(boolean writable, boolean executable) {
    this.writable = writable;
    this.executable = executable;
  }

  public boolean writable() {
    return writable;
  }

  public boolean executable() {
    return executable;
  }
}
