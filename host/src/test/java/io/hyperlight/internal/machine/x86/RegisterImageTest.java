package io.hyperlight.internal.machine.x86;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.hyperlight.internal.hypervisor.x86.Segment;
import io.hyperlight.internal.hypervisor.x86.SpecialRegisters;
import io.hyperlight.internal.machine.arch.MachineOptions;
import io.hyperlight.testing.NotInHardwareLane;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The initial state passes the checks of a processor with VMX, which the development machine's KVM
 * does not make.
 */
@NotInHardwareLane("No VM takes part.")
class RegisterImageTest {
  private static final long ROOT = 0x1000;
  private static final int PHYSICAL_ADDRESS_BITS = 39; // the smallest of all processors with VMX

  private static final long RFLAGS_IOPL = 0x3000;

  private static final long CR4_UMIP = 1 << 11;
  private static final long CR4_TSD = 1 << 2;
  private static final long CR4_SMEP = 1 << 20;
  private static final long CR4_SMAP = 1 << 21;

  /** VME to OSXMMEXCPT, FSGSBASE, OSXSAVE: every processor on which guests can run has these. */
  private static final long CR4_ALWAYS = 0x7ff | 1 << 16 | 1 << 18;

  private static CpuFeatures cpu(boolean smep, boolean smap, boolean umip) {
    return new CpuFeatures(List.of(), smep, smap, umip, 7, 0xfee0_0900L);
  }

  private static long supportedCr4(CpuFeatures cpu) {
    return CR4_ALWAYS
        | (cpu.smep() ? CR4_SMEP : 0)
        | (cpu.smap() ? CR4_SMAP : 0)
        | (cpu.umip() ? CR4_UMIP : 0);
  }

  private static List<String> violations(
      SystemCallEntry entry, CpuFeatures cpu, SpecialRegisters registers, long rflags) {
    return VmxGuestStateChecks.violations(
        registers,
        Monitor.systemCallStubAddress(entry) + Monitor.OUT_LENGTH,
        rflags,
        supportedCr4(cpu),
        PHYSICAL_ADDRESS_BITS);
  }

  static Stream<Arguments> machines() {
    List<Arguments> machines = new ArrayList<>();
    for (SystemCallEntry entry : SystemCallEntry.values()) {
      for (int features = 0; features < 8; features++) {
        machines.add(
            arguments(entry, cpu((features & 1) != 0, (features & 2) != 0, (features & 4) != 0)));
      }
    }
    return machines.stream();
  }

  @ParameterizedTest
  @MethodSource("machines")
  void theStateOfANewVcpuPassesTheChecksOfAVmEntry(SystemCallEntry entry, CpuFeatures cpu) {
    for (boolean hides : new boolean[] {false, true}) {
      SpecialRegisters registers =
          RegisterImage.create(entry, cpu, ROOT, new MachineOptions(hides, false));
      assertThat(violations(entry, cpu, registers, Flags.INITIAL)).isEmpty();
      assertThat(registers.apicBase()).isEqualTo(cpu.apicBase());
      assertThat((registers.cr4() & CR4_TSD) != 0).isEqualTo(hides);
    }
  }

  @ParameterizedTest
  @MethodSource("machines")
  void whateverFlagsAGuestHasItIsResumedWithFlagsThatPassToo(
      SystemCallEntry entry, CpuFeatures cpu) {
    SpecialRegisters registers = RegisterImage.create(entry, cpu, ROOT, MachineOptions.DEFAULT);
    for (int bit = -1; bit < Long.SIZE; bit++) {
      long flags = bit < 0 ? -1 : 1L << bit;
      assertThat(violations(entry, cpu, registers, Flags.ofUser(flags))).isEmpty();
      assertThat(Flags.ofUser(flags) & RFLAGS_IOPL).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("machines")
  void supervisorCodeIsKeptFromUserPagesWhereTheProcessorCan(
      SystemCallEntry entry, CpuFeatures cpu) {
    long cr4 = RegisterImage.create(entry, cpu, ROOT, MachineOptions.DEFAULT).cr4();
    boolean supervisor = entry == SystemCallEntry.SUPERVISOR;
    assertThat((cr4 & CR4_SMEP) != 0).isEqualTo(supervisor && cpu.smep());
    assertThat((cr4 & CR4_SMAP) != 0).isEqualTo(supervisor && cpu.smap());
    assertThat((cr4 & CR4_UMIP) != 0).isEqualTo(supervisor && cpu.umip());
  }

  /** A component, a value that makes it wrong, and the check that has to notice. */
  static Stream<Arguments> defects() {
    List<Arguments> defects =
        new ArrayList<>(
            List.of(
                arguments("cr0", 0x8005_0032L, "CR0.PE"),
                arguments("cr0", 0x8005_0013L, "CR0.NE"),
                arguments("cr0", 0x0005_0033L, "CR0.PG"),
                arguments("cr0", 0x1_8005_0033L, "CR0 bits 63:32"),
                arguments("cr4", 0x5_0600L, "CR4.PAE"),
                arguments("cr4", 0x5_2620L, "CR4.VMXE"),
                arguments("cr4", 0x85_0620L, "CR4 bits the processor lacks"),
                arguments("cr4", 0x1_0005_0620L, "CR4 bits the processor lacks"),
                arguments("cr3", 1L << PHYSICAL_ADDRESS_BITS, "CR3"),
                arguments("cr3", 1L << 63, "CR3"),
                arguments("efer", 0xd03L, "IA32_EFER reserved"),
                arguments("efer", 0x901L, "IA32_EFER.LMA"),
                arguments("efer", 0xc01L, "IA32_EFER.LME"),
                arguments("tr.selector", Monitor.TASK | 4, "TR selector TI"),
                arguments("tr.base", 1L << 47, "TR base"),
                arguments("tr.type", 9, "TR type"),
                arguments("tr.type", 3, "TR type"),
                arguments("tr.codeOrData", true, "TR S"),
                arguments("tr.present", false, "TR P"),
                arguments("tr.granularity", true, "TR G"),
                arguments("tr.limit", 1 << 20, "TR G"),
                arguments("tr.unusable", true, "TR unusable"),
                arguments("ldt", usableLdt(4, 0, 2), "LDTR selector TI"),
                arguments("ldt", usableLdt(0, 1L << 47, 2), "LDTR base"),
                arguments("ldt", usableLdt(0, 0, 3), "LDTR type"),
                arguments("ldt.unusable", false, "LDTR P"),
                arguments("cs.base", 1L << 32, "CS base"),
                arguments("cs.type", 10, "CS type"),
                arguments("cs.type", 3, "CS type"),
                arguments("cs.codeOrData", false, "CS S"),
                arguments("cs.privilegeLevel", 1, "CS DPL"),
                arguments("cs.present", false, "CS P"),
                arguments("cs.defaultSize", true, "CS D/B"),
                arguments("cs.longMode", false, "RIP"),
                arguments("cs.granularity", false, "CS G"),
                arguments("cs.limit", 0xffff_f000, "CS G"),
                arguments("cs.unusable", true, "CS unusable"),
                arguments("cs.selector", 1, "SS selector RPL"),
                arguments("ss.selector", 1, "SS selector RPL"),
                arguments("ss.selector", 2, "SS DPL"),
                arguments("ss.type", 1, "SS type"),
                arguments("ss.privilegeLevel", 2, "SS DPL"),
                arguments("gdt.base", 1L << 47, "GDTR base"),
                arguments("gdt.limit", 1 << 16, "GDTR limit"),
                arguments("idt.base", 1L << 62, "IDTR base"),
                arguments("idt.limit", 1 << 16, "IDTR limit"),
                arguments("fs.base", 1L << 47, "FS base"),
                arguments("gs.base", 0xfff7_ffff_ffff_ffffL, "GS base")));
    for (String name : List.of("ss", "ds", "es", "fs", "gs")) {
      String upper = name.toUpperCase(java.util.Locale.ROOT);
      defects.add(arguments(name + ".codeOrData", false, upper + " S"));
      defects.add(arguments(name + ".present", false, upper + " P"));
      defects.add(arguments(name + ".granularity", false, upper + " G"));
      defects.add(arguments(name + ".limit", 0xffff_fffe, upper + " G"));
      if (!name.equals("ss")) {
        defects.add(arguments(name + ".type", 2, upper + " type"));
        defects.add(arguments(name + ".type", 9, upper + " type"));
        defects.add(arguments(name + ".privilegeLevel", 1, upper + " DPL"));
      }
      if (!name.endsWith("fs") && !name.equals("gs")) {
        defects.add(arguments(name + ".base", 1L << 32, upper + " base"));
      }
    }
    return defects.stream();
  }

  private static Segment usableLdt(int selector, long base, int type) {
    return new Segment(base, 7, selector, type, true, 0, false, false, false, false, false);
  }

  @ParameterizedTest
  @MethodSource("defects")
  void theChecksFindEveryDefect(String path, Object value, String expected) {
    CpuFeatures cpu = cpu(false, false, false);
    SystemCallEntry entry = SystemCallEntry.SUPERVISOR;
    SpecialRegisters registers =
        RecordCopy.with(
            RegisterImage.create(entry, cpu, ROOT, MachineOptions.DEFAULT), path, value);
    assertThat(violations(entry, cpu, registers, Flags.INITIAL))
        .anyMatch(violation -> violation.startsWith(expected));
  }

  @ParameterizedTest
  @EnumSource(SystemCallEntry.class)
  void theChecksFindWrongFlagsAndInstructionPointers(SystemCallEntry entry) {
    CpuFeatures cpu = cpu(true, true, true);
    SpecialRegisters registers = RegisterImage.create(entry, cpu, ROOT, MachineOptions.DEFAULT);
    assertThat(violations(entry, cpu, registers, 0)).containsExactly("RFLAGS bit 1");
    assertThat(violations(entry, cpu, registers, 2 | 1 << 17)).containsExactly("RFLAGS.VM");
    for (int reserved : new int[] {3, 5, 15, 22, 63}) {
      assertThat(violations(entry, cpu, registers, 2 | 1L << reserved))
          .containsExactly("RFLAGS reserved bits");
    }
    assertThat(VmxGuestStateChecks.violations(registers, 1L << 47, 2, -1, 39))
        .containsExactly("RIP");
  }
}
