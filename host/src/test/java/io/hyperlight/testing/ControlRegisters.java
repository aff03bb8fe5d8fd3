package io.hyperlight.testing;

import io.hyperlight.internal.hypervisor.x86.SpecialRegisters;

/** Changes single control registers, to values that a hypervisor refuses. */
public final class ControlRegisters {
  private ControlRegisters() {}

  public static SpecialRegisters withCr0(SpecialRegisters r, long cr0) {
    return new SpecialRegisters(
        r.cs(),
        r.ds(),
        r.es(),
        r.fs(),
        r.gs(),
        r.ss(),
        r.tr(),
        r.ldt(),
        r.gdt(),
        r.idt(),
        cr0,
        r.cr2(),
        r.cr3(),
        r.cr4(),
        r.cr8(),
        r.efer(),
        r.apicBase());
  }
}
