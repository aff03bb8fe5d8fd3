package io.hyperlight.internal.machine.arch;

/** What somebody does with an address. */
public enum MemoryAccess {
  READ,
  WRITE,
  EXECUTE
}
