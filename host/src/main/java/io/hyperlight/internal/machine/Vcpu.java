package io.hyperlight.internal.machine;

import io.hyperlight.internal.machine.arch.Exits;
import io.hyperlight.internal.machine.arch.GuestEntry;
import io.hyperlight.internal.machine.arch.Processor;
import org.jspecify.annotations.Nullable;

/**
 * A virtual CPU of a VM with what it needs to run, and the context that is on it. All other
 * contexts are parked.
 */
final class Vcpu {
  private final int number;
  private final Processor processor;
  private final VcpuRunner runner;
  private final GuestEntry entry;
  private final ExitTransport exitTransport;
  private @Nullable Context attached;

  /** Whether code of the guest may run on it, or its last exit was not looked at yet. */
  private boolean away;

  Vcpu(int number, Processor processor, VcpuRunner runner) {
    this.number = number;
    this.processor = processor;
    this.runner = runner;
    entry = processor.entry();
    exitTransport = new ExitTransport(runner, entry);
  }

  int number() {
    return number;
  }

  Processor processor() {
    return processor;
  }

  VcpuRunner runner() {
    return runner;
  }

  Exits exits() {
    return runner.exits();
  }

  GuestEntry entry() {
    return entry;
  }

  ExitTransport exitTransport() {
    return exitTransport;
  }

  /** Returns the context that is on it, or null if all are parked. */
  @Nullable Context attached() {
    return attached;
  }

  /**
   * Returns whether another thread cannot use it. It is guarded by the lock of the {@link
   * VcpuTeam}.
   */
  boolean isAway() {
    return away;
  }

  void setAway(boolean now) {
    away = now;
  }

  void attach(@Nullable Context context) {
    attached = context;
  }
}
