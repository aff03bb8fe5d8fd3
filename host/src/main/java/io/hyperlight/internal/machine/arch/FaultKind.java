package io.hyperlight.internal.machine.arch;

/** What user code has done that a processor does not let it do, whichever processor it is. */
public enum FaultKind {
  /** An access to memory that is not mapped, or not for this kind of access. */
  MEMORY_ACCESS,
  /** A division by zero, or one whose result has no room. */
  DIVISION,
  /** A floating-point exception that the program has asked for. */
  FLOATING_POINT,
  /** An instruction that the processor does not know. */
  ILLEGAL_INSTRUCTION,
  /** An instruction that is not for user code, or an address that can be none. */
  PROTECTION,
  /** An address on the stack that can be none. */
  STACK_ADDRESS,
  /** Something behind an address is not there, and it is not memory. */
  NOT_PRESENT,
  /** An address that is no multiple of what it has to be, where the program has asked for that. */
  ALIGNMENT,
  /** A breakpoint. */
  BREAKPOINT,
  /** An instruction was done, where the program has asked to be told. */
  SINGLE_STEP,
  /** A check that the program has made with an instruction for that. */
  CHECK,
  /** Anything else. */
  OTHER
}
