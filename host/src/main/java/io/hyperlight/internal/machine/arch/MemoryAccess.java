package io.hyperlight.internal.machine.arch;

/** The kind of an access to an address. */
public enum MemoryAccess {
  READ,
  WRITE,
  EXECUTE
}
