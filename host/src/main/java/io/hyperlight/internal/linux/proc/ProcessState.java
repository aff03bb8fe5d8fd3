package io.hyperlight.internal.linux.proc;

import io.hyperlight.internal.linux.limits.ResourceLimits;
import io.hyperlight.internal.linux.time.ProcessorUsage;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a snapshot keeps of a process besides memory, files and signals. Immutable.
 *
 * @param name what it calls itself; null if it has never said
 * @param limits those that it has changed, by number
 * @param scheduling how it wants to be scheduled
 * @param attributes of {@code prctl(2)}
 * @param barriers the commands of {@code membarrier(2)} that it may use
 * @param robustList of its task's {@code set_robust_list(2)}; 0 for none
 * @param usage what it has used
 * @param auxiliary where its auxiliary vector is; 0 if it has none
 */
public record ProcessState(
    @Nullable String name,
    Map<Integer, ResourceLimits.Limit> limits,
    Scheduling.State scheduling,
    ProcessAttributes.State attributes,
    int barriers,
    long robustList,
    ProcessorUsage.State usage,
    long auxiliary) {
  /** A new program's. */
  public static final ProcessState INITIAL =
      new ProcessState(
          null,
          Map.of(),
          Scheduling.State.INITIAL,
          ProcessAttributes.State.INITIAL,
          0,
          0,
          ProcessorUsage.State.INITIAL,
          0);

  /** Whether it is a new program's, but for what it has used. */
  public boolean isInitial() {
    return new ProcessState(
            name,
            limits,
            scheduling,
            attributes,
            barriers,
            robustList,
            ProcessorUsage.State.INITIAL,
            auxiliary)
        .equals(INITIAL);
  }
}
