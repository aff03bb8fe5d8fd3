package io.hyperlight.internal.linux.limits;

import io.hyperlight.error.GuestLimitException;
import io.hyperlight.internal.machine.Call;
import java.util.concurrent.TimeUnit;

/**
 * How much a guest may use. All of it but heap and descriptors counts for one call.
 *
 * @param timeoutNanos time that passes
 * @param processorNanos processor time
 * @param hostCalls as {@link GuestLimitException.Kind#HOST_CALLS}
 * @param hostCallBytes as {@link GuestLimitException.Kind#HOST_CALL_BYTES}
 * @param valueBytes as {@link GuestLimitException.Kind#VALUE_BYTES}
 * @param outputBytes as {@link GuestLimitException.Kind#OUTPUT_BYTES}
 * @param systemCalls as {@link GuestLimitException.Kind#SYSTEM_CALLS}
 * @param heapBytes what the host may hold for the guest at the same time, see {@link HeapBudget}
 * @param descriptors that are open at the same time, up to {@link #MAX_DESCRIPTORS}
 */
public record CallLimits(
    long timeoutNanos,
    long processorNanos,
    long hostCalls,
    long hostCallBytes,
    long valueBytes,
    long outputBytes,
    long systemCalls,
    long heapBytes,
    int descriptors) {
  /** The most descriptors that a guest can have. */
  public static final int MAX_DESCRIPTORS = 256;

  /** What a guest may use if nobody says anything else. */
  public static final CallLimits DEFAULT =
      new CallLimits(
          TimeUnit.MINUTES.toNanos(1),
          Call.UNLIMITED,
          1_000_000,
          1L << 30,
          256L << 20,
          64L << 20,
          Long.MAX_VALUE,
          16L << 20,
          MAX_DESCRIPTORS);
}
