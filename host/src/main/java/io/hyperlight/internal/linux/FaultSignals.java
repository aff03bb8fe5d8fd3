package io.hyperlight.internal.linux;

import io.hyperlight.internal.linux.mm.Mappings;
import io.hyperlight.internal.linux.signal.SignalInfo;
import io.hyperlight.internal.linux.signal.Signals;
import io.hyperlight.internal.machine.arch.FaultKind;
import io.hyperlight.internal.machine.arch.FloatingPointFault;
import io.hyperlight.internal.machine.arch.Trap;
import io.hyperlight.internal.machine.arch.UserRegisters;
import org.jspecify.annotations.Nullable;

/**
 * Maps processor exceptions to the signals that Linux sends for them: {@code sigaction(2)}, {@code
 * si_code}.
 */
public final class FaultSignals {
  /** The signal of an access past the end of a mapped file. */
  public static final int SIGBUS = Signals.SIGBUS;

  private static final int SIGILL = Signals.SIGILL;
  private static final int SIGTRAP = Signals.SIGTRAP;
  private static final int SIGFPE = Signals.SIGFPE;
  private static final int SIGSEGV = Signals.SIGSEGV;

  private static final int ILL_ILLOPN = 2;
  private static final int TRAP_TRACE = 2;
  private static final int BUS_ADRALN = 1;
  private static final int BUS_ADRERR = 2;
  private static final int SEGV_MAPERR = 1;
  private static final int SEGV_ACCERR = 2;
  private static final int FPE_INTDIV = 1;
  private static final int FPE_FLTDIV = 3;
  private static final int FPE_FLTOVF = 4;
  private static final int FPE_FLTUND = 5;
  private static final int FPE_FLTRES = 6;
  private static final int FPE_FLTINV = 7;

  private FaultSignals() {}

  /**
   * Returns the number of the signal for a fault. Faults that no program causes count as bad
   * accesses: {@code SIGSEGV}.
   *
   * @param kind null for a trap that is not a processor fault
   */
  public static int signal(@Nullable FaultKind kind) {
    return switch (kind) {
      case DIVISION, FLOATING_POINT -> SIGFPE;
      case SINGLE_STEP, BREAKPOINT -> SIGTRAP;
      case ILLEGAL_INSTRUCTION -> SIGILL;
      case NOT_PRESENT, STACK_ADDRESS, ALIGNMENT -> SIGBUS;
      case PROTECTION, MEMORY_ACCESS, CHECK, OTHER -> SIGSEGV;
      case null -> SIGSEGV;
    };
  }

  /** Returns the signal for an exception, or null for an exception that no program causes. */
  static @Nullable SignalInfo of(
      Trap.ProcessorException exception, UserRegisters context, Mappings mappings) {
    long instruction = exception.instructionPointer();
    return switch (exception.kind()) {
      case DIVISION -> new SignalInfo(SIGFPE, FPE_INTDIV, instruction);
      case SINGLE_STEP -> new SignalInfo(SIGTRAP, TRAP_TRACE, instruction);
      case BREAKPOINT -> new SignalInfo(SIGTRAP, SignalInfo.SI_KERNEL, 0);
      case CHECK, PROTECTION -> new SignalInfo(SIGSEGV, SignalInfo.SI_KERNEL, 0);
      case ILLEGAL_INSTRUCTION -> new SignalInfo(SIGILL, ILL_ILLOPN, instruction);
      case NOT_PRESENT, STACK_ADDRESS -> new SignalInfo(SIGBUS, SignalInfo.SI_KERNEL, 0);
      case MEMORY_ACCESS -> pageFault(exception, mappings);
      case FLOATING_POINT ->
          new SignalInfo(SIGFPE, code(context.floatingPointFault(exception.number())), instruction);
      case ALIGNMENT -> new SignalInfo(SIGBUS, BUS_ADRALN, 0);
      case OTHER -> null;
    };
  }

  private static SignalInfo pageFault(Trap.ProcessorException exception, Mappings mappings) {
    long address = exception.address();
    if (mappings.isBehindEnd(address, exception.access())) {
      return new SignalInfo(SIGBUS, BUS_ADRERR, address);
    }
    boolean taken = mappings.space().isTaken(address, 1);
    return new SignalInfo(SIGSEGV, taken ? SEGV_ACCERR : SEGV_MAPERR, address);
  }

  private static int code(FloatingPointFault fault) {
    return switch (fault) {
      case INVALID -> FPE_FLTINV;
      case DIVISION_BY_ZERO -> FPE_FLTDIV;
      case OVERFLOW -> FPE_FLTOVF;
      case UNDERFLOW -> FPE_FLTUND;
      case INEXACT -> FPE_FLTRES;
    };
  }
}
