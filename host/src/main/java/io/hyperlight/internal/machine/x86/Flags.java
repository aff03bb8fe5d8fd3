package io.hyperlight.internal.machine.x86;

/** Bits of RFLAGS. */
public final class Flags {
  /** Bit 1 is always set, IF as a program expects it; nothing is ever injected. */
  public static final long FIXED = 0x202;

  /** What the vCPU has in the stub. */
  public static final long INITIAL = 2;

  /** The processor stops after each instruction. */
  static final long TRAP = 1 << 8;

  /**
   * What a guest may have: CF, PF, AF, ZF, SF, TF, DF, OF, AC, ID. Not IOPL, which sysret would
   * load.
   */
  private static final long OF_USERS = 0x24_0dd5;

  private Flags() {}

  /** What of the guest's flags it may go on with. */
  public static long ofUser(long flags) {
    return (flags & OF_USERS) | FIXED;
  }
}
