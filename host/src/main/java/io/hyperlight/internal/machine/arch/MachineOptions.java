package io.hyperlight.internal.machine.arch;

/**
 * What an embedder can choose about a machine, beside its memory. The options are not part of its
 * state: a restore does not change them.
 *
 * @param hidesTimeStampCounter whether user code that reads the processor's time-stamp counter
 *     faults
 * @param exitless whether the vCPU has a thread of its own and calls need no exits
 */
public record MachineOptions(boolean hidesTimeStampCounter, boolean exitless) {
  /** The options that programs expect of a processor. */
  public static final MachineOptions DEFAULT = new MachineOptions(false, false);
}
