package io.hyperlight.internal.machine.arch;

/** The reason of a floating-point exception (IEEE 754, clause 7). */
public enum FloatingPointFault {
  INVALID,
  DIVISION_BY_ZERO,
  OVERFLOW,
  UNDERFLOW,
  INEXACT
}
