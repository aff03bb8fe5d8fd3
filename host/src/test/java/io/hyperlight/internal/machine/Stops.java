package io.hyperlight.internal.machine;

import io.hyperlight.internal.machine.arch.FaultKind;
import io.hyperlight.internal.machine.arch.Trap;
import io.hyperlight.internal.machine.x86.SwitchPlace;
import io.hyperlight.internal.machine.x86.X86Processor;
import org.jspecify.annotations.Nullable;

/** Stops guests where the library itself only stops them by chance. */
public final class Stops {
  private Stops() {}

  /**
   * Runs a context until its next exit. A page that it touches for the first time gets no memory.
   * As after a stop at this moment, the context can be frozen, and touches the page again when it
   * goes on.
   *
   * @return the trap; a page fault if that has happened
   */
  public static @Nullable Trap runToFault(Context context) {
    Trap trap = context.runOnce();
    if (trap instanceof Trap.ProcessorException fault && fault.kind() == FaultKind.MEMORY_ACCESS) {
      context.takeBack(fault);
    }
    return trap;
  }

  /** Returns whether the next entry goes to a thread by the gate's code, which loads its state. */
  public static boolean isAboutToSwitch(Vm machine) {
    return SwitchPlace.isAtBegin((X86Processor) machine.processor());
  }

  /** Returns whether a context was stopped where it can go on. */
  public static boolean isResumable(Context context) {
    return context.isResumable();
  }
}
