package io.hyperlight.internal.machine;

/** The host thread that runs one of several vCPUs. */
interface VcpuHost {
  /**
   * Runs the vCPU.
   *
   * @return as {@link Call#run}
   */
  int run(Call.Run kvmRun);

  /** Sets when the guest has to leave, as {@link Context#preemptAt}. */
  void preemptAt(long nanoTime);
}
