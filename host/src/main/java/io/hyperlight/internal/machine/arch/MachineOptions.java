package io.hyperlight.internal.machine.arch;

/**
 * What an embedder can choose about a machine, beside its memory. No part of its state: a restore
 * leaves it as it is.
 *
 * @param hidesTimeStampCounter whether user code that reads the processor's time-stamp counter
 *     faults
 * @param exitless whether the vCPU has a thread of its own and calls do without exits
 */
public record MachineOptions(boolean hidesTimeStampCounter, boolean exitless) {
  /** What a program expects of a processor. */
  public static final MachineOptions DEFAULT = new MachineOptions(false, false);
}
