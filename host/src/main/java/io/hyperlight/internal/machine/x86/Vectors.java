package io.hyperlight.internal.machine.x86;

import io.hyperlight.internal.machine.arch.FaultKind;
import io.hyperlight.internal.machine.arch.MemoryAccess;

/**
 * The processor's exceptions by their vectors (Intel SDM vol. 3, "Exception and Interrupt
 * Reference").
 */
public final class Vectors {
  /** The vector of an exception that x87 code has unmasked. */
  public static final int X87 = 16;

  public static final int PAGE_FAULT = 14;

  /** Bits of a page fault's error code. */
  private static final long WRITE = 1 << 1;

  private static final long FETCH = 1 << 4;

  private Vectors() {}

  /** Returns the kind of fault of an exception. */
  public static FaultKind kind(int vector) {
    return switch (vector) {
      case 0 -> FaultKind.DIVISION;
      case 1 -> FaultKind.SINGLE_STEP;
      case 3 -> FaultKind.BREAKPOINT;
      case 4, 5 -> FaultKind.CHECK;
      case 6 -> FaultKind.ILLEGAL_INSTRUCTION;
      case 11 -> FaultKind.NOT_PRESENT;
      case 12 -> FaultKind.STACK_ADDRESS;
      case 13 -> FaultKind.PROTECTION;
      case PAGE_FAULT -> FaultKind.MEMORY_ACCESS;
      case X87, 19 -> FaultKind.FLOATING_POINT;
      case 17 -> FaultKind.ALIGNMENT;
      default -> FaultKind.OTHER;
    };
  }

  /** Returns whether an exception comes behind its instruction, which is then not repeated. */
  static boolean isTrap(int vector) {
    return vector == 1 || vector == 3 || vector == 4;
  }

  /** Describes an exception for people. */
  public static String describe(int vector) {
    return switch (vector) {
      case 0 -> "division by zero or overflow (#DE)";
      case 1 -> "debug exception (#DB)";
      case 3 -> "breakpoint (#BP)";
      case 4 -> "overflow (#OF)";
      case 5 -> "bound range exceeded (#BR)";
      case 6 -> "invalid instruction (#UD)";
      case 7 -> "no floating-point unit (#NM)";
      case 12 -> "stack address that is not canonical (#SS)";
      case 13 -> "privileged instruction, port or address that is not canonical (#GP)";
      case PAGE_FAULT -> "page fault";
      case X87 -> "x87 floating-point exception (#MF)";
      case 17 -> "unaligned access (#AC)";
      case 19 -> "SIMD floating-point exception (#XM)";
      default -> "processor exception " + vector;
    };
  }

  /** Returns the kind of access that caused a page fault. */
  public static MemoryAccess access(long errorCode) {
    if ((errorCode & FETCH) != 0) {
      return MemoryAccess.EXECUTE;
    }
    return (errorCode & WRITE) != 0 ? MemoryAccess.WRITE : MemoryAccess.READ;
  }
}
