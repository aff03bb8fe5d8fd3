package io.hyperlight.internal.linux.proc;

import io.hyperlight.internal.linux.limits.ResourceLimits;
import io.hyperlight.internal.linux.time.ProcessorUsage;
import java.util.Map;

/**
 * Holds the state of a process in a snapshot, besides memory, files and signals. Immutable.
 *
 * @param limits the limits that it has changed, by number
 * @param attributes of {@code prctl(2)}
 * @param barriers the commands of {@code membarrier(2)} that it may use
 * @param usage what it has used
 * @param auxiliary the address of its auxiliary vector; 0 for none
 */
public record ProcessState(
    Map<Integer, ResourceLimits.Limit> limits,
    ProcessAttributes.State attributes,
    int barriers,
    ProcessorUsage.State usage,
    long auxiliary) {
  /** The state of a new program. */
  public static final ProcessState INITIAL =
      new ProcessState(
          Map.of(), ProcessAttributes.State.INITIAL, 0, ProcessorUsage.State.INITIAL, 0);

  /** Answers whether this state equals that of a new program. What it has used does not count. */
  public boolean isInitial() {
    return new ProcessState(limits, attributes, barriers, ProcessorUsage.State.INITIAL, auxiliary)
        .equals(INITIAL);
  }
}
