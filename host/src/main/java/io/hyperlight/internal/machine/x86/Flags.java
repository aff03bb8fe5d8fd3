package io.hyperlight.internal.machine.x86;

/** Bits of RFLAGS. */
public final class Flags {
  /** Bit 1, which is always set, and IF, as a program expects it. Nothing is ever injected. */
  public static final long FIXED = 0x202;

  /** The flags of the vCPU in the stub. */
  public static final long INITIAL = 2;

  /** The processor stops after each instruction. */
  static final long TRAP = 1 << 8;

  /**
   * The flags that a guest may have: CF, PF, AF, ZF, SF, TF, DF, OF, AC, ID. IOPL is not among
   * them, since sysret would load it.
   */
  private static final long OF_USERS = 0x24_0dd5;

  private Flags() {}

  /** Returns the guest's flags with which it may go on. */
  public static long ofUser(long flags) {
    return (flags & OF_USERS) | FIXED;
  }
}
