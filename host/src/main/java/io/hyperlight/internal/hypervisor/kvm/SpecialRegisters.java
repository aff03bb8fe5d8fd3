package io.hyperlight.internal.hypervisor.kvm;

import static io.hyperlight.internal.hypervisor.kvm.Structs.KVM_DTABLE;
import static io.hyperlight.internal.hypervisor.kvm.Structs.KVM_SREGS;
import static io.hyperlight.internal.hypervisor.kvm.Structs.offset;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;

/**
 * {@code struct kvm_sregs}: segment, descriptor-table and control registers. The interrupt bitmap
 * is left at zero: nothing is ever injected.
 *
 * @param apicBase as the kernel reported it; not to be changed
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
   * {@code struct kvm_dtable}.
   *
   * @param base linear address
   * @param limit its last byte's offset
   */
  public record DescriptorTable(long base, int limit) {
    private static final long BASE = offset(KVM_DTABLE, "base");
    private static final long LIMIT = offset(KVM_DTABLE, "limit");

    private static DescriptorTable read(MemorySegment struct, long at) {
      return new DescriptorTable(
          struct.get(JAVA_LONG, at + BASE),
          Short.toUnsignedInt(struct.get(JAVA_SHORT, at + LIMIT)));
    }

    private void write(MemorySegment struct, long at) {
      struct.set(JAVA_LONG, at + BASE, base);
      struct.set(JAVA_SHORT, at + LIMIT, (short) limit);
    }
  }

  private static final long CS = offset(KVM_SREGS, "cs");
  private static final long DS = offset(KVM_SREGS, "ds");
  private static final long ES = offset(KVM_SREGS, "es");
  private static final long FS = offset(KVM_SREGS, "fs");
  private static final long GS = offset(KVM_SREGS, "gs");
  private static final long SS = offset(KVM_SREGS, "ss");
  private static final long TR = offset(KVM_SREGS, "tr");
  private static final long LDT = offset(KVM_SREGS, "ldt");
  private static final long GDT = offset(KVM_SREGS, "gdt");
  private static final long IDT = offset(KVM_SREGS, "idt");
  private static final long CR0 = offset(KVM_SREGS, "cr0");
  private static final long CR2 = offset(KVM_SREGS, "cr2");
  private static final long CR3 = offset(KVM_SREGS, "cr3");
  private static final long CR4 = offset(KVM_SREGS, "cr4");
  private static final long CR8 = offset(KVM_SREGS, "cr8");
  private static final long EFER = offset(KVM_SREGS, "efer");
  private static final long APIC_BASE = offset(KVM_SREGS, "apic_base");
  private static final long INTERRUPT_BITMAP = offset(KVM_SREGS, "interrupt_bitmap");

  /** The same with another CR2. */
  public SpecialRegisters withCr2(long address) {
    return new SpecialRegisters(
        cs, ds, es, fs, gs, ss, tr, ldt, gdt, idt, cr0, address, cr3, cr4, cr8, efer, apicBase);
  }

  static SpecialRegisters read(MemorySegment struct) {
    return new SpecialRegisters(
        Segment.read(struct, CS),
        Segment.read(struct, DS),
        Segment.read(struct, ES),
        Segment.read(struct, FS),
        Segment.read(struct, GS),
        Segment.read(struct, SS),
        Segment.read(struct, TR),
        Segment.read(struct, LDT),
        DescriptorTable.read(struct, GDT),
        DescriptorTable.read(struct, IDT),
        struct.get(JAVA_LONG, CR0),
        struct.get(JAVA_LONG, CR2),
        struct.get(JAVA_LONG, CR3),
        struct.get(JAVA_LONG, CR4),
        struct.get(JAVA_LONG, CR8),
        struct.get(JAVA_LONG, EFER),
        struct.get(JAVA_LONG, APIC_BASE));
  }

  void write(MemorySegment struct) {
    cs.write(struct, CS);
    ds.write(struct, DS);
    es.write(struct, ES);
    fs.write(struct, FS);
    gs.write(struct, GS);
    ss.write(struct, SS);
    tr.write(struct, TR);
    ldt.write(struct, LDT);
    gdt.write(struct, GDT);
    idt.write(struct, IDT);
    struct.set(JAVA_LONG, CR0, cr0);
    struct.set(JAVA_LONG, CR2, cr2);
    struct.set(JAVA_LONG, CR3, cr3);
    struct.set(JAVA_LONG, CR4, cr4);
    struct.set(JAVA_LONG, CR8, cr8);
    struct.set(JAVA_LONG, EFER, efer);
    struct.set(JAVA_LONG, APIC_BASE, apicBase);
    struct.asSlice(INTERRUPT_BITMAP, 32).fill((byte) 0);
  }
}
