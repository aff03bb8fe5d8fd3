package io.hyperlight.linux;

import io.hyperlight.vm.MachineOptions;
import java.time.InstantSource;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What the embedder decides about a guest's system calls, and about its machine.
 *
 * @param clock where its time comes from; null for the host's clocks
 * @param randomSeed for random numbers that are the same in each sandbox; empty for true ones
 * @param mayMakeCode whether memory that could be written may become executable
 * @param observer sees every system call; null for nobody
 * @param machine what its machine is like
 */
public record Settings(
    @Nullable InstantSource clock,
    OptionalLong randomSeed,
    boolean mayMakeCode,
    @Nullable SystemCallObserver observer,
    MachineOptions machine) {
  /** The host's clocks, true random numbers, no code but the program's own, nobody looking. */
  public static final Settings DEFAULT =
      new Settings(null, OptionalLong.empty(), false, null, MachineOptions.DEFAULT);
}
