package io.hyperlight.internal.machine.x86;

import io.hyperlight.internal.hypervisor.x86.Segment;
import io.hyperlight.internal.hypervisor.x86.SpecialRegisters;
import io.hyperlight.internal.hypervisor.x86.SpecialRegisters.DescriptorTable;
import java.util.ArrayList;
import java.util.List;

/**
 * The checks that a VM entry of an Intel processor makes on the guest's state (Intel SDM vol. 3,
 * chapter "VM Entries", section "Checks on the Guest State Area"). It has those that concern {@link
 * SpecialRegisters}, RIP and RFLAGS. The guest is in IA-32e mode, and the control "unrestricted
 * guest" is 0, which is stricter.
 */
final class VmxGuestStateChecks {
  private static final long CR0_PE = 1;
  private static final long CR0_NE = 1 << 5;
  private static final long CR0_WP = 1 << 16;
  private static final long CR0_PG = 1L << 31;
  private static final long CR4_PAE = 1 << 5;
  private static final long CR4_VMXE = 1 << 13;
  private static final long CR4_CET = 1 << 23;
  private static final long EFER_LME = 1 << 8;
  private static final long EFER_LMA = 1 << 10;

  /** SCE, LME, LMA, NXE. */
  private static final long EFER_DEFINED = 1 | EFER_LME | EFER_LMA | 1 << 11;

  /** Bits 63:22, 15, 5 and 3. */
  private static final long RFLAGS_RESERVED = -1L << 22 | 1 << 15 | 1 << 5 | 1 << 3;

  private static final long RFLAGS_ONE = 1 << 1;
  private static final long RFLAGS_VM = 1 << 17;

  private final SpecialRegisters registers;
  private final List<String> violations = new ArrayList<>();

  private VmxGuestStateChecks(SpecialRegisters registers) {
    this.registers = registers;
  }

  /**
   * Applies all checks.
   *
   * @param supportedCr4 what the processor allows in CR4
   * @param physicalAddressBits the processor's MAXPHYADDR
   * @return the reasons why a VM entry would fail; empty if it would succeed
   */
  static List<String> violations(
      SpecialRegisters registers,
      long rip,
      long rflags,
      long supportedCr4,
      int physicalAddressBits) {
    VmxGuestStateChecks checks = new VmxGuestStateChecks(registers);
    checks.checkControlRegistersAndMsrs(supportedCr4, physicalAddressBits);
    checks.checkSegmentRegisters();
    checks.checkDescriptorTableRegisters();
    checks.checkRipAndFlags(rip, rflags);
    return checks.violations;
  }

  private void require(boolean condition, String what) {
    if (!condition) {
      violations.add(what);
    }
  }

  /** "Checks on Guest Control Registers, Debug Registers, and MSRs". */
  private void checkControlRegistersAndMsrs(long supportedCr4, int physicalAddressBits) {
    long cr0 = registers.cr0();
    // IA32_VMX_CR0_FIXED0: PE, NE and PG are 1 in VMX operation. CR0_FIXED1: bits 63:32 are 0.
    require((cr0 & CR0_PE) != 0, "CR0.PE");
    require((cr0 & CR0_NE) != 0, "CR0.NE");
    require((cr0 & CR0_PG) != 0, "CR0.PG");
    require(cr0 >>> 32 == 0, "CR0 bits 63:32");
    // "Bits corresponding to CR4 bits fixed in VMX operation": KVM adds VMXE itself.
    require((registers.cr4() & ~supportedCr4) == 0, "CR4 bits the processor lacks");
    require((registers.cr4() & CR4_VMXE) == 0, "CR4.VMXE, which is KVM's");
    // "If bit 23 in the CR4 field (corresponding to CET) is 1, bit 16 in the CR0 field (WP) must
    // also be 1."
    require((registers.cr4() & CR4_CET) == 0 || (cr0 & CR0_WP) != 0, "CR4.CET without CR0.WP");
    // "If the IA-32e mode guest VM-entry control is 1, bit 31 in the CR0 field (PG) and bit 5 in
    // the CR4 field (PAE) must each be 1."
    require((registers.cr4() & CR4_PAE) != 0, "CR4.PAE");
    // "The CR3 field must be such that bits 63:52 and bits in the range 51:32 beyond the
    // processor's physical-address width are 0."
    require(registers.cr3() >>> physicalAddressBits == 0, "CR3 beyond the physical-address width");
    // "Load IA32_EFER": reserved bits are 0, LMA equals the control, LMA equals LME if CR0.PG is 1.
    require((registers.efer() & ~EFER_DEFINED) == 0, "IA32_EFER reserved bits");
    require((registers.efer() & EFER_LMA) != 0, "IA32_EFER.LMA");
    require(
        ((registers.efer() & EFER_LMA) != 0) == ((registers.efer() & EFER_LME) != 0),
        "IA32_EFER.LME unlike LMA");
  }

  /** "Checks on Guest Segment Registers". */
  private void checkSegmentRegisters() {
    checkSelectors();
    checkBases();
    checkCodeSegment();
    checkStackSegment();
    checkDataSegment("DS", registers.ds());
    checkDataSegment("ES", registers.es());
    checkDataSegment("FS", registers.fs());
    checkDataSegment("GS", registers.gs());
    checkTaskRegister();
    checkLocalDescriptorTable();
  }

  /** "Selector fields". */
  private void checkSelectors() {
    require((registers.tr().selector() & 4) == 0, "TR selector TI");
    require(
        registers.ldt().unusable() || (registers.ldt().selector() & 4) == 0, "LDTR selector TI");
    require(rpl(registers.ss()) == rpl(registers.cs()), "SS selector RPL unlike that of CS");
  }

  /** "Base-address fields". */
  private void checkBases() {
    require(isCanonical(registers.tr().base()), "TR base");
    require(isCanonical(registers.fs().base()), "FS base");
    require(isCanonical(registers.gs().base()), "GS base");
    require(registers.ldt().unusable() || isCanonical(registers.ldt().base()), "LDTR base");
    require(registers.cs().base() >>> 32 == 0, "CS base");
    checkLowBase("SS", registers.ss());
    checkLowBase("DS", registers.ds());
    checkLowBase("ES", registers.es());
  }

  private void checkLowBase(String name, Segment segment) {
    require(segment.unusable() || segment.base() >>> 32 == 0, name + " base");
  }

  /** "Access-rights fields: CS". */
  private void checkCodeSegment() {
    Segment cs = registers.cs();
    int type = cs.type();
    // "The values allowed depend on the setting of the unrestricted guest control: if 0, the Type
    // must be 9, 11, 13, or 15 (accessed code segment)."
    require((type & 9) == 9 && type < 16, "CS type");
    require(cs.codeOrData(), "CS S");
    // "If the Type is 9 or 11 (non-conforming code segment), the DPL must equal the DPL in the
    // access-rights field for SS. If 13 or 15 (conforming), it cannot be greater."
    require(
        (type & 4) == 0
            ? cs.privilegeLevel() == registers.ss().privilegeLevel()
            : cs.privilegeLevel() <= registers.ss().privilegeLevel(),
        "CS DPL unlike that of SS");
    require(cs.present(), "CS P");
    // "If the guest will be IA-32e mode and the L bit in the access-rights field is 1, D/B must be
    // 0."
    require(!cs.longMode() || !cs.defaultSize(), "CS D/B");
    checkGranularity("CS", cs);
    require(!cs.unusable(), "CS unusable");
  }

  /** "Access-rights fields: SS". */
  private void checkStackSegment() {
    Segment ss = registers.ss();
    // "SS. If SS is usable, the Type must be 3 or 7 (read/write, accessed data segment)."
    require(ss.unusable() || ss.type() == 3 || ss.type() == 7, "SS type");
    // "If the unrestricted guest control is 0, the DPL must equal the RPL from the selector field."
    require(ss.privilegeLevel() == rpl(ss), "SS DPL unlike its RPL");
    checkUsable("SS", ss);
  }

  /** "Access-rights fields: DS, ES, FS, GS". */
  private void checkDataSegment(String name, Segment segment) {
    if (segment.unusable()) {
      return;
    }
    // "Bit 0 of the Type must be 1 (accessed). If bit 3 of the Type is 1 (code segment), then bit 1
    // of the Type must be 1 (readable)."
    require(
        (segment.type() & 1) != 0 && ((segment.type() & 8) == 0 || (segment.type() & 2) != 0),
        name + " type");
    // "The DPL cannot be less than the RPL in the selector field if the unrestricted guest control
    // is 0, the register is usable, and the Type is in the range 0 - 11."
    require(
        segment.type() > 11 || segment.privilegeLevel() >= rpl(segment),
        name + " DPL below its RPL");
    checkUsable(name, segment);
  }

  private void checkUsable(String name, Segment segment) {
    if (!segment.unusable()) {
      require(segment.codeOrData(), name + " S");
      require(segment.present(), name + " P");
      checkGranularity(name, segment);
    }
  }

  /** "Access-rights fields: TR". */
  private void checkTaskRegister() {
    Segment tr = registers.tr();
    // "If the guest will be IA-32e mode, the Type must be 11 (64-bit busy TSS)."
    require(tr.type() == 11, "TR type");
    require(!tr.codeOrData(), "TR S");
    require(tr.present(), "TR P");
    checkGranularity("TR", tr);
    require(!tr.unusable(), "TR unusable");
  }

  /** "Access-rights fields: LDTR". */
  private void checkLocalDescriptorTable() {
    Segment ldt = registers.ldt();
    if (ldt.unusable()) {
      return;
    }
    require(ldt.type() == 2, "LDTR type");
    require(!ldt.codeOrData(), "LDTR S");
    require(ldt.present(), "LDTR P");
    checkGranularity("LDTR", ldt);
  }

  /**
   * "If any bit in the limit field in the range 11:0 is 0, G must be 0. If any bit in the limit
   * field in the range 31:20 is 1, G must be 1."
   */
  private void checkGranularity(String name, Segment segment) {
    require((segment.limit() & 0xfff) == 0xfff || !segment.granularity(), name + " G");
    require(segment.limit() >>> 20 == 0 || segment.granularity(), name + " G");
  }

  /** "Checks on Guest Descriptor-Table Registers". */
  private void checkDescriptorTableRegisters() {
    checkTable("GDTR", registers.gdt());
    checkTable("IDTR", registers.idt());
  }

  private void checkTable(String name, DescriptorTable table) {
    require(isCanonical(table.base()), name + " base");
    require(table.limit() >>> 16 == 0, name + " limit bits 31:16");
  }

  /** "Checks on Guest RIP, RFLAGS, and SSP". */
  private void checkRipAndFlags(long rip, long rflags) {
    // "Bits 63:32 must be 0 if the IA-32e mode guest control is 0 or if the L bit (bit 13) in the
    // access-rights field for CS is 0." Otherwise bits 63:N are identical.
    require(registers.cs().longMode() ? isCanonical(rip) : rip >>> 32 == 0, "RIP");
    require((rflags & RFLAGS_RESERVED) == 0, "RFLAGS reserved bits");
    require((rflags & RFLAGS_ONE) != 0, "RFLAGS bit 1");
    require((rflags & RFLAGS_VM) == 0, "RFLAGS.VM");
  }

  private static int rpl(Segment segment) {
    return segment.selector() & 3;
  }

  private static boolean isCanonical(long address) {
    return address << 16 >> 16 == address;
  }
}
