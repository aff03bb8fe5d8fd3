package io.hyperlight.internal.hypervisor.kvm;

/**
 * The capabilities that this library asks KVM for ({@code KVM_CHECK_EXTENSION}), and what it needs
 * each for. The numbers are from {@code <linux/kvm.h>}. A test compares them with those of the C
 * compiler.
 */
public enum Capability {
  KVM_CAP_USER_MEMORY(3, "guest memory from user space"),
  KVM_CAP_EXT_CPUID(7, "setting the guest's CPU features"),
  KVM_CAP_VCPU_EVENTS(41, "clearing what is pending in a virtual CPU"),
  KVM_CAP_DEBUGREGS(50, "clearing a virtual CPU's debug registers"),
  KVM_CAP_XSAVE(55, "reading the floating-point control words for a snapshot"),
  KVM_CAP_XCRS(56, "setting the guest's extended control register"),
  KVM_CAP_SYNC_REGS(74, "registers without an ioctl of their own"),
  KVM_CAP_IMMEDIATE_EXIT(136, "completing an exit without running the guest"),
  KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2(168, "finding the pages that a guest wrote"),
  KVM_CAP_DIRTY_LOG_RING(192, "finding the pages that a guest wrote, faster", false);

  final int number;
  private final String purpose;
  private final boolean required;

  Capability(int number, String purpose) {
    this(number, purpose, true);
  }

  Capability(int number, String purpose, boolean required) {
    this.number = number;
    this.purpose = purpose;
    this.required = required;
  }

  /** Returns whether the library cannot work without it. */
  boolean required() {
    return required;
  }

  /** Returns what the library needs it for, in a few words. */
  public String purpose() {
    return purpose;
  }
}
