package io.hyperlight.internal.hypervisor.kvm;

import static io.hyperlight.internal.hypervisor.kvm.Structs.KVM_DTABLE;
import static io.hyperlight.internal.hypervisor.kvm.Structs.KVM_SREGS;
import static io.hyperlight.internal.hypervisor.kvm.Structs.offset;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.hyperlight.internal.hypervisor.x86.SpecialRegisters;
import io.hyperlight.internal.hypervisor.x86.SpecialRegisters.DescriptorTable;
import java.lang.foreign.MemorySegment;

/**
 * {@code struct kvm_sregs}. The interrupt bitmap stays zero, since the host never injects an
 * interrupt.
 */
final class KvmSpecialRegisters {
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
  private static final long TABLE_BASE = offset(KVM_DTABLE, "base");
  private static final long TABLE_LIMIT = offset(KVM_DTABLE, "limit");

  private KvmSpecialRegisters() {}

  static SpecialRegisters read(MemorySegment struct) {
    return new SpecialRegisters(
        KvmSegment.read(struct, CS),
        KvmSegment.read(struct, DS),
        KvmSegment.read(struct, ES),
        KvmSegment.read(struct, FS),
        KvmSegment.read(struct, GS),
        KvmSegment.read(struct, SS),
        KvmSegment.read(struct, TR),
        KvmSegment.read(struct, LDT),
        readTable(struct, GDT),
        readTable(struct, IDT),
        struct.get(JAVA_LONG, CR0),
        struct.get(JAVA_LONG, CR2),
        struct.get(JAVA_LONG, CR3),
        struct.get(JAVA_LONG, CR4),
        struct.get(JAVA_LONG, CR8),
        struct.get(JAVA_LONG, EFER),
        struct.get(JAVA_LONG, APIC_BASE));
  }

  static void write(SpecialRegisters registers, MemorySegment struct) {
    KvmSegment.write(registers.cs(), struct, CS);
    KvmSegment.write(registers.ds(), struct, DS);
    KvmSegment.write(registers.es(), struct, ES);
    KvmSegment.write(registers.fs(), struct, FS);
    KvmSegment.write(registers.gs(), struct, GS);
    KvmSegment.write(registers.ss(), struct, SS);
    KvmSegment.write(registers.tr(), struct, TR);
    KvmSegment.write(registers.ldt(), struct, LDT);
    writeTable(registers.gdt(), struct, GDT);
    writeTable(registers.idt(), struct, IDT);
    struct.set(JAVA_LONG, CR0, registers.cr0());
    struct.set(JAVA_LONG, CR2, registers.cr2());
    struct.set(JAVA_LONG, CR3, registers.cr3());
    struct.set(JAVA_LONG, CR4, registers.cr4());
    struct.set(JAVA_LONG, CR8, registers.cr8());
    struct.set(JAVA_LONG, EFER, registers.efer());
    struct.set(JAVA_LONG, APIC_BASE, registers.apicBase());
    for (long at = INTERRUPT_BITMAP; at < INTERRUPT_BITMAP + 32; at += Long.BYTES) {
      struct.set(JAVA_LONG, at, 0);
    }
  }

  private static DescriptorTable readTable(MemorySegment struct, long at) {
    return new DescriptorTable(
        struct.get(JAVA_LONG, at + TABLE_BASE),
        Short.toUnsignedInt(struct.get(JAVA_SHORT, at + TABLE_LIMIT)));
  }

  private static void writeTable(DescriptorTable table, MemorySegment struct, long at) {
    struct.set(JAVA_LONG, at + TABLE_BASE, table.base());
    struct.set(JAVA_SHORT, at + TABLE_LIMIT, (short) table.limit());
  }
}
