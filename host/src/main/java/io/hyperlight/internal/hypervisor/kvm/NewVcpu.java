package io.hyperlight.internal.hypervisor.kvm;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What every new vCPU has, in the kernel's format: read once, of the first. */
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
