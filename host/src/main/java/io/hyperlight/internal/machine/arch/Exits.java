package io.hyperlight.internal.machine.arch;

import io.hyperlight.internal.machine.memory.AddressSpace;

/**
 * Says what the last exit of a vCPU means. Everything a guest can do ends in an exit, and any
 * register may hold anything: what comes from here is hostile. Only for a vCPU that does not run.
 */
public interface Exits {
  /** What an exit is. */
  public enum Kind {
    /** The gate says that the call is over. */
    CALL_DONE,
    /** The gate's routine makes a host call, by an {@code out} of its own. */
    HOST_CALL,
    /** A system call, through the stub. */
    SYSTEM_CALL,
    /** A system call that could only return to where user code cannot be. */
    BAD_RETURN_ADDRESS,
    /** KVM has no room to report written pages; the guest has not run on. */
    DIRTY_RING_FULL,
    /** Anything else: {@link #trap} tells more. */
    OTHER
  }

  /** What the last exit is. */
  Kind kind();

  /**
   * Whether the gate has waited for a message of the host's for long enough. It does not do so step
   * by step: who sets TF there has an exception pending, which would come up in the next call.
   */
  boolean isRest();

  /** Whether the guest's code that has left runs step by step. */
  boolean isSingleStep();

  /**
   * Lets the hypervisor finish what it would otherwise finish at the next the hypervisor_RUN, in
   * memory and registers that belong to somebody else then. A repeated instruction exits again as
   * often as the guest wishes; after some steps the vCPU is given up.
   *
   * @return whether there is nothing left to finish; if not, nobody knows the vCPU's state
   */
  boolean complete();

  /** What an exit of {@link Kind#BAD_RETURN_ADDRESS} is. */
  Trap badReturnAddress();

  /** What an exit of {@link Kind#OTHER} is. */
  Trap trap();

  /** The number of a system call; hostile. */
  long callNumber();

  /** An argument of a system call, or a result of a call that is done; hostile. */
  long argument(int index);

  /** The general registers as of the last exit. */
  RegisterValues registers();

  /**
   * The general registers as of the last stop, with the instruction pointer where the guest's own
   * code is: at a system call or a host call, where it returns to. Hostile.
   */
  RegisterValues location(AddressSpace space);

  /** The general registers with which user code would go on behind its system call. */
  RegisterValues registersAfterCall();

  /** The general registers as far as a message of the gate's has them. */
  RegisterValues ofMessage(long number, long argument0, long argument1, long argument2);
}
