package io.hyperlight.kvm;

/**
 * The capabilities this library asks KVM for ({@code KVM_CHECK_EXTENSION}), with why it needs each.
 * Numbers from {@code <linux/kvm.h>}; a test compares them with the C compiler's.
 */
public enum Capability {
  KVM_CAP_USER_MEMORY(3, "guest memory from user space"),
  KVM_CAP_EXT_CPUID(7, "setting the guest's CPU features"),
  KVM_CAP_XCRS(56, "setting the guest's extended control register"),
  KVM_CAP_SYNC_REGS(74, "registers without an ioctl of their own"),
  KVM_CAP_IMMEDIATE_EXIT(136, "completing an exit without running the guest");

  final int number;
  private final String purpose;

  Capability(int number, String purpose) {
    this.number = number;
    this.purpose = purpose;
  }

  /** What the library needs it for, in a few words. */
  public String purpose() {
    return purpose;
  }
}
