package io.hyperlight.internal.hypervisor.kvm;

import java.util.Locale;

/** The general registers, in the order of {@code struct kvm_regs}. */
public enum Register {
  RAX,
  RBX,
  RCX,
  RDX,
  RSI,
  RDI,
  RSP,
  RBP,
  R8,
  R9,
  R10,
  R11,
  R12,
  R13,
  R14,
  R15,
  RIP,
  RFLAGS;

  /** From the start of {@code struct kvm_regs}. */
  final long offset = Structs.offset(Structs.KVM_REGS, name().toLowerCase(Locale.ROOT));
}
