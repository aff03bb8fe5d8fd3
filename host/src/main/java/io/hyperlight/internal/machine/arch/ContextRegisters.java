package io.hyperlight.internal.machine.arch;

/**
 * The processor state of one context. At most one context is on the CPU. The general registers of
 * all others are {@linkplain #parked data}, and their vector state and bases are in their save
 * areas. Those are pages of user memory, and code of the gate saves and loads them. The vector
 * state of a context stays in the CPU until another context needs the CPU for its own.
 *
 * <p><b>Boundary.</b> User code can write the save areas. Whatever is in one, no other state comes
 * of it than one that user code could reach by itself, or a {@link Trap.ForgedState}.
 */
public interface ContextRegisters extends UserRegisters {
  /**
   * Sets the page for its vector state while it is not in the CPU.
   *
   * @param address of the guest
   * @param physical the guest-physical address
   */
  void useSaveArea(long address, long physical);

  /** Returns whether its vector state is in the CPU on which it is, or was last. */
  boolean isInCpu();

  /**
   * Lets it go on on another CPU of the VM. It is parked, and the CPU on which it was does not run.
   */
  void moveTo(Processor processor);

  /** Does the same without its vector state, for a state that is assigned next. */
  void restartOn(Processor processor);

  /** Returns the general registers as of the last {@link #park}. */
  ParkedRegisters parked();

  /** Replaces the general registers. The vector state is in the save area. */
  void setParked(ParkedRegisters registers);

  /**
   * Takes the general registers from the CPU.
   *
   * @param ready whether the next run would have let it go on; otherwise it stands at its last exit
   */
  void park(boolean ready);

  /**
   * Brings the general registers back to the CPU.
   *
   * @param ready whether the next run lets it go on
   */
  void unpark(boolean ready);

  /** Copies the general registers as {@link #park} would, but leaves them on the CPU. */
  ParkedRegisters copyOfGeneral(boolean ready);

  /** Copies vector state and bases into the save area, if they are not there but in the CPU. */
  void saveVectors();

  /** Returns the part of vector state and bases that outlives a call. */
  RestingState restingState();

  /** Makes its vector state and bases those of another context, in its own save area. */
  void copyVectorsOf(ContextRegisters other);

  /** Says that a call resets its vector state, so that nothing has to be loaded for it. */
  void forgetVectors();

  /** Says that it never runs again. */
  void release();

  /** Sets the address of thread-local storage. */
  void setThreadPointer(long address);

  /** Makes the next run go on where user code was stopped. */
  void resumeStopped();

  /**
   * Finds out where a kick has stopped user code, so that it can go on there on any CPU. An
   * unfinished system call or switch is taken back, and so is a fault that is on its way.
   *
   * @return false if it was stopped in the monitor's code; it has to run on from there
   */
  boolean settleKick();

  /**
   * Makes user code go on where it has raised an exception that the vCPU did not report any more.
   *
   * @param registers the general registers of that code
   * @return false if code of the gate has raised it
   */
  boolean takeBackFault(RegisterValues registers);

  /**
   * Says that the vCPU has left the guest by an exception.
   *
   * @return whether code of the gate has raised it, because of what is in a save area
   */
  boolean isForged(Trap trap);
}
