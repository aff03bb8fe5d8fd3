package io.hyperlight.internal.hypervisor.x86;

/**
 * Segment, descriptor-table and control registers.
 *
 * @param apicBase as the hypervisor reported it; the host must not change it
 */
public record SpecialRegisters(
    Segment cs,
    Segment ds,
    Segment es,
    Segment fs,
    Segment gs,
    Segment ss,
    Segment tr,
    Segment ldt,
    DescriptorTable gdt,
    DescriptorTable idt,
    long cr0,
    long cr2,
    long cr3,
    long cr4,
    long cr8,
    long efer,
    long apicBase) {

  /**
   * The place of a descriptor table.
   *
   * @param base linear address
   * @param limit its last byte's offset
   */
  public record DescriptorTable(long base, int limit) {}

  /** Returns the same registers with the segments of user code from others, bases included. */
  public SpecialRegisters withUserSegmentsOf(SpecialRegisters other) {
    return new SpecialRegisters(
        other.cs, other.ds, other.es, other.fs, other.gs, other.ss, tr, ldt, gdt, idt, cr0, cr2,
        cr3, cr4, cr8, efer, apicBase);
  }

  /** Returns the same registers with other segments that differ between pieces of user code. */
  public SpecialRegisters withUserSegments(
      Segment otherCs, Segment otherSs, Segment otherFs, Segment otherGs) {
    return new SpecialRegisters(
        otherCs, ds, es, otherFs, otherGs, otherSs, tr, ldt, gdt, idt, cr0, cr2, cr3, cr4, cr8,
        efer, apicBase);
  }

  /** Returns the same registers with one other segment in DS, ES, FS and GS. */
  public SpecialRegisters withData(Segment data) {
    return new SpecialRegisters(
        cs, data, data, data, data, ss, tr, ldt, gdt, idt, cr0, cr2, cr3, cr4, cr8, efer, apicBase);
  }

  /** Returns the same registers with another task register. */
  public SpecialRegisters withTask(Segment task) {
    return new SpecialRegisters(
        cs, ds, es, fs, gs, ss, task, ldt, gdt, idt, cr0, cr2, cr3, cr4, cr8, efer, apicBase);
  }

  /** Returns the same registers with the root of other page tables. */
  public SpecialRegisters withPageTables(long root) {
    return new SpecialRegisters(
        cs, ds, es, fs, gs, ss, tr, ldt, gdt, idt, cr0, cr2, root, cr4, cr8, efer, apicBase);
  }
}
