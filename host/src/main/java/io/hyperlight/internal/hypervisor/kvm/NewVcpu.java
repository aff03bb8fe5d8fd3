package io.hyperlight.internal.hypervisor.kvm;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The state of a new vCPU, in the kernel's format. All new vCPUs have the same state. It is read
 * once, from the first of them.
 */
final class NewVcpu {
  private volatile byte @Nullable [] events;
  private volatile byte @Nullable [] debugRegisters;

  boolean isKnown() {
    return events != null && debugRegisters != null;
  }

  void set(byte[] newEvents, byte[] newDebugRegisters) {
    events = newEvents;
    debugRegisters = newDebugRegisters;
  }

  byte[] events() {
    return Objects.requireNonNull(events);
  }

  byte[] debugRegisters() {
    return Objects.requireNonNull(debugRegisters);
  }
}
