package io.hyperlight.internal.machine.x86;

import io.hyperlight.internal.hypervisor.x86.Cpuid;
import io.hyperlight.internal.hypervisor.x86.Cpuid.Output;
import io.hyperlight.internal.machine.arch.MachineUnsupportedException;
import java.util.ArrayList;
import java.util.List;

/**
 * What matters here about the processor, read once from what KVM says it supports. A paravirtual
 * KVM says too little: user code then runs directly on the processor, whatever CPUID was set.
 *
 * @param missing what guests need and KVM does not list
 * @param xcr0 the state components that guests may use
 * @param apicBase the APIC base register as KVM creates it; the host must not change it
 */
public record CpuFeatures(
    List<String> missing, boolean smep, boolean smap, boolean umip, long xcr0, long apicBase) {
  /** x87, SSE and AVX. */
  private static final long XCR0_AVX = 0b111;

  /** Mask registers and both halves of the AVX-512 state. XSETBV takes all of them or none. */
  private static final long XCR0_AVX512 = 0b1110_0000;

  public static CpuFeatures of(Cpuid cpuid, long apicBase) {
    int leaf1 = cpuid.get(1, 0, Output.ECX);
    int leaf7b = cpuid.get(7, 0, Output.EBX);
    int leaf7c = cpuid.get(7, 0, Output.ECX);
    int extended = cpuid.get(0x8000_0001, 0, Output.EDX);
    List<String> missing = new ArrayList<>();
    if (!bit(leaf1, 26)) {
      missing.add("XSAVE");
    }
    if (!bit(leaf7b, 0)) {
      missing.add("FSGSBASE");
    }
    if (!bit(extended, 20)) {
      missing.add("NX");
    }
    long supported = Integer.toUnsignedLong(cpuid.get(0xd, 0, Output.EAX));
    long xcr0 = supported & XCR0_AVX;
    if ((xcr0 & XCR0_AVX) == XCR0_AVX && (supported & XCR0_AVX512) == XCR0_AVX512) {
      xcr0 |= XCR0_AVX512;
    }
    return new CpuFeatures(
        List.copyOf(missing), bit(leaf7b, 7), bit(leaf7b, 20), bit(leaf7c, 2), xcr0, apicBase);
  }

  private static boolean bit(int register, int bit) {
    return (register >>> bit & 1) != 0;
  }

  /** Describes the processor for people. */
  public String describe() {
    return (smep ? "SMEP, " : "")
        + (smap ? "SMAP, " : "")
        + (umip ? "UMIP, " : "")
        + "XCR0 0x"
        + Long.toHexString(xcr0)
        + (missing.isEmpty() ? "" : "; KVM does not list " + String.join(", ", missing));
  }

  /** Returns the exception for a processor without the missing features. */
  public MachineUnsupportedException unsupported() {
    return new MachineUnsupportedException(
        "KVM offers guests a processor without "
            + String.join(", ", missing)
            + ": use an Intel processor from 2012 or later or an AMD processor from 2017 or later,"
            + " and let the machine's own hypervisor pass these features through");
  }
}
