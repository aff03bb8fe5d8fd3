package io.hyperlight.internal.linux;

/** What there may be too much of in one call. */
public enum LimitKind {
  /** Calls of host functions. */
  HOST_CALLS("host calls"),
  /** Bytes in strings and byte arrays that go to host functions and come from them. */
  HOST_CALL_BYTES("bytes to and from host functions"),
  /** Bytes of a string or byte array that comes from the guest. */
  VALUE_BYTES("bytes in one value"),
  /** Bytes that are printed or logged. */
  OUTPUT_BYTES("bytes of output"),
  /** System calls. */
  SYSTEM_CALLS("system calls");

  private final String text;

  LimitKind(String text) {
    this.text = text;
  }

  /** For messages, as in "more than 5 ...". */
  public String text() {
    return text;
  }
}
