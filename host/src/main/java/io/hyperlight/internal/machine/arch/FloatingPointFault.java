package io.hyperlight.internal.machine.arch;

/** What a floating-point exception is about (IEEE 754, clause 7). */
public enum FloatingPointFault {
  INVALID,
  DIVISION_BY_ZERO,
  OVERFLOW,
  UNDERFLOW,
  INEXACT
}
