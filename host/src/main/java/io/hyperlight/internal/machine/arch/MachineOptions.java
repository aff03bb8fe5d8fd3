package io.hyperlight.internal.machine.arch;

/**
 * What an embedder can choose about a machine, beside its memory. The options are not part of its
 * state: a restore does not change them.
 *
 * @param hidesTimeStampCounter whether user code that reads the processor's time-stamp counter
 *     faults
 * @param exitless whether the vCPU has a thread of its own and calls need no exits
 * @param processors on how many vCPUs threads of the guest run at the same time
 */
public record MachineOptions(boolean hidesTimeStampCounter, boolean exitless, int processors) {
  /** The maximum number of processors. */
  public static final int MAXIMUM_PROCESSORS = 8;

  /** Makes the options of a machine with one processor. */
  public MachineOptions(boolean hidesTimeStampCounter, boolean exitless) {
    this(hidesTimeStampCounter, exitless, 1);
  }

  public MachineOptions {
    if (processors < 1 || processors > MAXIMUM_PROCESSORS) {
      throw new IllegalArgumentException(
          "a sandbox has 1 to %d processors, not %d".formatted(MAXIMUM_PROCESSORS, processors));
    }
    if (exitless && processors > 1) {
      throw new IllegalArgumentException(
          "an exitless sandbox has one processor, not " + processors);
    }
  }

  /** The options that programs expect of a processor. */
  public static final MachineOptions DEFAULT = new MachineOptions(false, false);
}
