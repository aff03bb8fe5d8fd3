package io.hyperlight.internal.machine.x86;

import io.hyperlight.internal.hypervisor.x86.Cpuid;
import io.hyperlight.internal.hypervisor.x86.X86Hypervisor;

/**
 * What processors are made of on one hypervisor.
 *
 * @param hypervisor makes virtual machines
 * @param cpuid what CPUID shows to guests
 * @param features what of that matters here
 * @param entry where system calls go
 * @param protectionKeys whether guests can set protection keys, so that the gate has to take them
 *     back
 */
public record ProcessorKind(
    X86Hypervisor hypervisor,
    Cpuid cpuid,
    CpuFeatures features,
    SystemCallEntry entry,
    boolean protectionKeys) {
  /** Where calls begin. */
  public long gate() {
    return protectionKeys ? Gate.UNLOCK : Gate.ADDRESS;
  }
}
