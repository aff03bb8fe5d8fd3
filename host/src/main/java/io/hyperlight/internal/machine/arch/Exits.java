package io.hyperlight.internal.machine.arch;

import io.hyperlight.internal.machine.memory.AddressSpace;
import org.jspecify.annotations.Nullable;

/**
 * Says what the last exit of a vCPU means. Everything that a guest can do ends in an exit, and any
 * register may have any value. So all values that it returns are hostile. The vCPU must not run
 * meanwhile.
 */
public interface Exits {
  /** The kind of an exit. */
  public enum Kind {
    /** The gate says that the call is over. */
    CALL_DONE,
    /** The gate's routine makes a host call, by an {@code out} of its own. */
    HOST_CALL,
    /** A system call through the stub. */
    SYSTEM_CALL,
    /** A system call whose return address cannot be that of user code. */
    BAD_RETURN_ADDRESS,
    /** KVM has no room to report written pages. The guest has not run on. */
    DIRTY_RING_FULL,
    /** Anything else. {@link #trap} tells more. */
    OTHER
  }

  /** Returns the kind of the last exit. */
  Kind kind();

  /**
   * Returns whether the gate has waited long enough for a message of the host. It is false if the
   * guest runs step by step: code that sets TF there has an exception pending, which would come up
   * in the next call.
   */
  boolean isRest();

  /** Returns whether the guest's code runs step by step. */
  boolean isSingleStep();

  /**
   * Lets the hypervisor finish the instruction of the last exit. Otherwise it would do so at the
   * next run, in memory and registers that may belong to another guest by then. A repeated
   * instruction exits again as often as the guest wishes, so this stops after some steps.
   *
   * @return whether nothing is left to finish; if not, the vCPU's state is unknown, and it must not
   *     be used again
   */
  boolean complete();

  /** Returns the trap for an exit of {@link Kind#BAD_RETURN_ADDRESS}. */
  Trap badReturnAddress();

  /** Returns the trap for an exit of {@link Kind#OTHER}. */
  Trap trap();

  /**
   * Returns the general registers of user code whose fault the vCPU was about to report when a kick
   * stopped it. The code can go on with them, and faults again.
   *
   * @return null if the vCPU stands elsewhere, or at an exception that would not come again
   */
  @Nullable RegisterValues registersAtFault();

  /** Returns the number of a system call. It is hostile. */
  long callNumber();

  /** Returns an argument of a system call, or a result of a call that is over. It is hostile. */
  long argument(int index);

  /** Returns the general registers as of the last exit. */
  RegisterValues registers();

  /**
   * Returns the general registers as of the last stop, with the instruction pointer in the guest's
   * own code: at a system call or a host call, where it returns to. They are hostile.
   */
  RegisterValues location(AddressSpace space);

  /** Returns the general registers with which user code would go on behind its system call. */
  RegisterValues registersAfterCall();

  /** Returns the general registers as far as a message of the gate has them. */
  RegisterValues ofMessage(long number, long argument0, long argument1, long argument2);
}
