package io.hyperlight.internal.hypervisor.kvm;

import static java.lang.foreign.MemoryLayout.PathElement.groupElement;
import static java.lang.foreign.MemoryLayout.paddingLayout;
import static java.lang.foreign.MemoryLayout.sequenceLayout;
import static java.lang.foreign.MemoryLayout.structLayout;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import java.util.List;

/**
 * The structures of {@code <linux/kvm.h>} for x86-64, member by member under their C names. A test
 * compares every size and offset with those of the C compiler.
 */
final class Structs {
  static final StructLayout KVM_REGS =
      structLayout(
              JAVA_LONG.withName("rax"),
              JAVA_LONG.withName("rbx"),
              JAVA_LONG.withName("rcx"),
              JAVA_LONG.withName("rdx"),
              JAVA_LONG.withName("rsi"),
              JAVA_LONG.withName("rdi"),
              JAVA_LONG.withName("rsp"),
              JAVA_LONG.withName("rbp"),
              JAVA_LONG.withName("r8"),
              JAVA_LONG.withName("r9"),
              JAVA_LONG.withName("r10"),
              JAVA_LONG.withName("r11"),
              JAVA_LONG.withName("r12"),
              JAVA_LONG.withName("r13"),
              JAVA_LONG.withName("r14"),
              JAVA_LONG.withName("r15"),
              JAVA_LONG.withName("rip"),
              JAVA_LONG.withName("rflags"))
          .withName("kvm_regs");

  static final StructLayout KVM_SEGMENT =
      structLayout(
              JAVA_LONG.withName("base"),
              JAVA_INT.withName("limit"),
              JAVA_SHORT.withName("selector"),
              JAVA_BYTE.withName("type"),
              JAVA_BYTE.withName("present"),
              JAVA_BYTE.withName("dpl"),
              JAVA_BYTE.withName("db"),
              JAVA_BYTE.withName("s"),
              JAVA_BYTE.withName("l"),
              JAVA_BYTE.withName("g"),
              JAVA_BYTE.withName("avl"),
              JAVA_BYTE.withName("unusable"),
              paddingLayout(1))
          .withName("kvm_segment");

  static final StructLayout KVM_DTABLE =
      structLayout(JAVA_LONG.withName("base"), JAVA_SHORT.withName("limit"), paddingLayout(6))
          .withName("kvm_dtable");

  static final StructLayout KVM_SREGS =
      structLayout(
              KVM_SEGMENT.withName("cs"),
              KVM_SEGMENT.withName("ds"),
              KVM_SEGMENT.withName("es"),
              KVM_SEGMENT.withName("fs"),
              KVM_SEGMENT.withName("gs"),
              KVM_SEGMENT.withName("ss"),
              KVM_SEGMENT.withName("tr"),
              KVM_SEGMENT.withName("ldt"),
              KVM_DTABLE.withName("gdt"),
              KVM_DTABLE.withName("idt"),
              JAVA_LONG.withName("cr0"),
              JAVA_LONG.withName("cr2"),
              JAVA_LONG.withName("cr3"),
              JAVA_LONG.withName("cr4"),
              JAVA_LONG.withName("cr8"),
              JAVA_LONG.withName("efer"),
              JAVA_LONG.withName("apic_base"),
              sequenceLayout(4, JAVA_LONG).withName("interrupt_bitmap"))
          .withName("kvm_sregs");

  static final StructLayout KVM_USERSPACE_MEMORY_REGION =
      structLayout(
              JAVA_INT.withName("slot"),
              JAVA_INT.withName("flags"),
              JAVA_LONG.withName("guest_phys_addr"),
              JAVA_LONG.withName("memory_size"),
              JAVA_LONG.withName("userspace_addr"))
          .withName("kvm_userspace_memory_region");

  static final StructLayout KVM_MSR_ENTRY =
      structLayout(JAVA_INT.withName("index"), paddingLayout(4), JAVA_LONG.withName("data"))
          .withName("kvm_msr_entry");

  /** The header. The entries follow it. */
  static final StructLayout KVM_MSRS =
      structLayout(JAVA_INT.withName("nmsrs"), paddingLayout(4)).withName("kvm_msrs");

  /** A set of signals follows. */
  static final StructLayout KVM_SIGNAL_MASK =
      structLayout(JAVA_INT.withName("len")).withName("kvm_signal_mask");

  static final StructLayout KVM_XCR =
      structLayout(JAVA_INT.withName("xcr"), paddingLayout(4), JAVA_LONG.withName("value"))
          .withName("kvm_xcr");

  static final StructLayout KVM_XCRS =
      structLayout(
              JAVA_INT.withName("nr_xcrs"),
              JAVA_INT.withName("flags"),
              sequenceLayout(16, KVM_XCR).withName("xcrs"),
              paddingLayout(16 * 8))
          .withName("kvm_xcrs");

  static final StructLayout KVM_CPUID_ENTRY2 =
      structLayout(
              JAVA_INT.withName("function"),
              JAVA_INT.withName("index"),
              JAVA_INT.withName("flags"),
              JAVA_INT.withName("eax"),
              JAVA_INT.withName("ebx"),
              JAVA_INT.withName("ecx"),
              JAVA_INT.withName("edx"),
              paddingLayout(12))
          .withName("kvm_cpuid_entry2");

  /** The header. The entries follow it. */
  static final StructLayout KVM_CPUID2 =
      structLayout(JAVA_INT.withName("nent"), paddingLayout(4)).withName("kvm_cpuid2");

  static final StructLayout KVM_ENABLE_CAP =
      structLayout(
              JAVA_INT.withName("cap"),
              JAVA_INT.withName("flags"),
              sequenceLayout(4, JAVA_LONG).withName("args"),
              paddingLayout(64))
          .withName("kvm_enable_cap");

  static final StructLayout KVM_DIRTY_GFN =
      structLayout(
              JAVA_INT.withName("flags"), JAVA_INT.withName("slot"), JAVA_LONG.withName("offset"))
          .withName("kvm_dirty_gfn");

  static final StructLayout KVM_DIRTY_LOG =
      structLayout(JAVA_INT.withName("slot"), paddingLayout(4), JAVA_LONG.withName("dirty_bitmap"))
          .withName("kvm_dirty_log");

  static final StructLayout KVM_CLEAR_DIRTY_LOG =
      structLayout(
              JAVA_INT.withName("slot"),
              JAVA_INT.withName("num_pages"),
              JAVA_LONG.withName("first_page"),
              JAVA_LONG.withName("dirty_bitmap"))
          .withName("kvm_clear_dirty_log");

  /** The host reads it and writes it back unchanged. */
  static final StructLayout KVM_VCPU_EVENTS =
      structLayout(paddingLayout(64)).withName("kvm_vcpu_events");

  /** The host reads it and writes it back unchanged. */
  static final StructLayout KVM_DEBUGREGS =
      structLayout(paddingLayout(128)).withName("kvm_debugregs");

  /** The XSAVE area in its standard format, as much of it as fits. */
  static final StructLayout KVM_XSAVE =
      structLayout(sequenceLayout(1024, JAVA_INT).withName("region")).withName("kvm_xsave");

  /** The structure at {@code s.regs} of {@code struct kvm_run}. */
  static final StructLayout KVM_SYNC_REGS =
      structLayout(KVM_REGS.withName("regs"), KVM_SREGS.withName("sregs"), paddingLayout(64))
          .withName("kvm_sync_regs");

  /**
   * The size of the union of exits. It is declared here as its {@code io} member. Other members are
   * read by offset.
   */
  static final long EXIT_UNION_SIZE_BYTES = 256;

  /** The size of the union of synchronised registers. The kernel keeps room for more in it. */
  private static final long SYNC_UNION_SIZE_BYTES = 2048;

  static final StructLayout KVM_RUN =
      structLayout(
              JAVA_BYTE.withName("request_interrupt_window"),
              JAVA_BYTE.withName("immediate_exit"),
              paddingLayout(6),
              JAVA_INT.withName("exit_reason"),
              JAVA_BYTE.withName("ready_for_interrupt_injection"),
              JAVA_BYTE.withName("if_flag"),
              JAVA_SHORT.withName("flags"),
              JAVA_LONG.withName("cr8"),
              JAVA_LONG.withName("apic_base"),
              structLayout(
                      JAVA_BYTE.withName("direction"),
                      JAVA_BYTE.withName("size"),
                      JAVA_SHORT.withName("port"),
                      JAVA_INT.withName("count"),
                      JAVA_LONG.withName("data_offset"))
                  .withName("io"),
              paddingLayout(EXIT_UNION_SIZE_BYTES - 16),
              JAVA_LONG.withName("kvm_valid_regs"),
              JAVA_LONG.withName("kvm_dirty_regs"),
              structLayout(
                      KVM_SYNC_REGS.withName("regs"),
                      paddingLayout(SYNC_UNION_SIZE_BYTES - KVM_SYNC_REGS.byteSize()))
                  .withName("s"))
          .withName("kvm_run");

  /** All structures above, for the test that compares them. */
  static final List<StructLayout> ALL =
      List.of(
          KVM_REGS,
          KVM_SEGMENT,
          KVM_DTABLE,
          KVM_SREGS,
          KVM_USERSPACE_MEMORY_REGION,
          KVM_MSR_ENTRY,
          KVM_MSRS,
          KVM_SIGNAL_MASK,
          KVM_XCR,
          KVM_XCRS,
          KVM_CPUID_ENTRY2,
          KVM_CPUID2,
          KVM_ENABLE_CAP,
          KVM_DIRTY_GFN,
          KVM_DIRTY_LOG,
          KVM_CLEAR_DIRTY_LOG,
          KVM_VCPU_EVENTS,
          KVM_DEBUGREGS,
          KVM_XSAVE,
          KVM_SYNC_REGS,
          KVM_RUN);

  private Structs() {}

  /** Returns the byte offset of a member. The names are the path to it. */
  static long offset(StructLayout struct, String... names) {
    MemoryLayout.PathElement[] path = new MemoryLayout.PathElement[names.length];
    for (int i = 0; i < names.length; i++) {
      path[i] = groupElement(names[i]);
    }
    return struct.byteOffset(path);
  }
}
