package io.hyperlight.internal.machine.arch;

/**
 * What user code did that the processor does not allow. The kinds are the same for all processors.
 */
public enum FaultKind {
  /** An access to memory that is not mapped, or not mapped for this kind of access. */
  MEMORY_ACCESS,
  /** A division by zero, or one whose result is too large. */
  DIVISION,
  /** A floating-point exception that the program has enabled. */
  FLOATING_POINT,
  /** An instruction that the processor does not know. */
  ILLEGAL_INSTRUCTION,
  /** An instruction that user code must not execute, or an address that cannot exist. */
  PROTECTION,
  /** A stack address that cannot exist. */
  STACK_ADDRESS,
  /** An address leads to something that is not present, and that is not memory. */
  NOT_PRESENT,
  /** A misaligned address, in a program that has enabled this check. */
  ALIGNMENT,
  /** A breakpoint. */
  BREAKPOINT,
  /** An instruction was executed, in a program that has asked for single steps. */
  SINGLE_STEP,
  /** A check failed that the program has made with a special instruction. */
  CHECK,
  /** Anything else. */
  OTHER
}
