package io.hyperlight.internal.machine.x86;

import io.hyperlight.internal.os.HostCounter;

/** The code by which a thread of the host reads the time-stamp counter. */
public final class TimeStampCounter {
  private TimeStampCounter() {}

  /** Installs the code in the process, once. */
  static void install() {
    HostCounter.install(read().toByteArray());
  }

  /** Returns a C function without parameters that returns the counter. */
  public static MachineCode read() {
    return new MachineCode()
        .add("endbr64", 0xf3, 0x0f, 0x1e, 0xfa)
        .add("lfence", 0x0f, 0xae, 0xe8)
        .add("rdtsc", 0x0f, 0x31)
        .add("shl $32, %rdx", 0x48, 0xc1, 0xe2, 0x20)
        .add("or %rdx, %rax", 0x48, 0x09, 0xd0)
        .add("ret", 0xc3);
  }
}
