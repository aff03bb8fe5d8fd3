package io.hyperlight.containment;

import static io.hyperlight.containment.Attack.faults;
import static io.hyperlight.containment.Attack.returns;
import static io.hyperlight.containment.Attack.returnsOrFaults;
import static io.hyperlight.error.GuestFaultException.Kind.ALIGNMENT;
import static io.hyperlight.error.GuestFaultException.Kind.DEBUG;
import static io.hyperlight.error.GuestFaultException.Kind.DIVISION;
import static io.hyperlight.error.GuestFaultException.Kind.FLOATING_POINT;
import static io.hyperlight.error.GuestFaultException.Kind.ILLEGAL_INSTRUCTION;
import static io.hyperlight.error.GuestFaultException.Kind.MEMORY_ACCESS;
import static io.hyperlight.error.GuestFaultException.Kind.OTHER;
import static io.hyperlight.error.GuestFaultException.Kind.PROTECTION;

import io.hyperlight.error.GuestFaultException.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Instructions that raise exceptions, and those that only a kernel may use. */
final class InstructionAttacks {
  /** For a KVM that emulates or replaces what the processor would do. */
  private static final Set<Kind> REFUSED = Set.of(PROTECTION, ILLEGAL_INSTRUCTION);

  /** One privileged instruction each. The operand is a readable and writable address. */
  private static final List<String> PRIVILEGED =
      List.of(
          "hlt",
          "cli",
          "sti",
          "clts",
          "invd",
          "wbinvd",
          "mov %%cr0, %%rax",
          "mov %%cr2, %%rax",
          "mov %%cr3, %%rax",
          "mov %%cr4, %%rax",
          "mov %%cr8, %%rax",
          "mov %0, %%cr0",
          "mov %0, %%cr2",
          "mov %0, %%cr3",
          "mov %0, %%cr4",
          "mov %0, %%cr8",
          "mov %%dr0, %%rax",
          "mov %%dr6, %%rax",
          "mov %%dr7, %%rax",
          "mov %0, %%dr0",
          "mov %0, %%dr7",
          "mov $0x10, %%ecx; rdmsr",
          "mov $0xc0000080, %%ecx; rdmsr",
          "mov $0xc0000080, %%ecx; wrmsr",
          "mov $0xc0000082, %%ecx; wrmsr",
          "mov $0xc0000102, %%ecx; wrmsr",
          "xor %%ecx, %%ecx; rdpmc",
          "xor %%ecx, %%ecx; xor %%edx, %%edx; mov $3, %%eax; xsetbv",
          "lgdt (%0)",
          "lidt (%0)",
          "mov $0x30, %%eax; ltr %%ax",
          "xor %%eax, %%eax; lldt %%ax",
          "lmsw %%ax",
          "invlpg (%0)",
          "xor %%eax, %%eax; invpcid (%0), %%rax",
          "swapgs",
          "sysretq",
          "sysretl",
          "sysexit",
          "sysenter",
          "rsm",
          "xor %%ecx, %%ecx; mov %0, %%rax; monitor",
          "xor %%ecx, %%ecx; mwait");

  private InstructionAttacks() {}

  static List<Attack> all() {
    List<Attack> all = new ArrayList<>(exceptions());
    for (String instruction : PRIVILEGED) {
      all.add(
          faults(
              instruction.replace("%%", ""),
              REFUSED,
              "uint64_t place[8] = {0};"
                  + "__asm__ volatile(\"%s\" : : \"r\"(place) : \"rax\", \"rcx\", \"rdx\", \"memory\");"
                      .formatted(instruction)));
    }
    return all;
  }

  private static List<Attack> exceptions() {
    return List.of(
        faults(
            "divide by zero",
            DIVISION,
            "ASM(\"xor %%ecx, %%ecx; mov $1, %%eax; cltd; idiv %%ecx\");"),
        faults(
            "divide the smallest number by minus one",
            DIVISION,
            "ASM(\"mov $0x80000000, %%eax; cltd; mov $-1, %%ecx; idiv %%ecx\");"),
        faults(
            "divide the smallest long by minus one",
            DIVISION,
            "ASM(\"movabs $0x8000000000000000, %%rax; cqto; mov $-1, %%rcx; idiv %%rcx\");"),
        faults("ud2", ILLEGAL_INSTRUCTION, "ASM(\"ud2\");"),
        faults("into in 64-bit mode", ILLEGAL_INSTRUCTION, "ASM(\".byte 0xce\");"),
        faults("int3", DEBUG, "ASM(\"int3\");"),
        // User code may raise the debug exception with it, whatever the gate's level.
        faults("int1", Set.of(DEBUG, ILLEGAL_INSTRUCTION, PROTECTION), "ASM(\".byte 0xf1\");"),
        faults("int 3 in two bytes", Set.of(DEBUG, ILLEGAL_INSTRUCTION), "ASM(\".byte 0xcd, 3\");"),
        faults("int 4", Set.of(OTHER, ILLEGAL_INSTRUCTION), "ASM(\"int $4\");"),
        faults("int 0", REFUSED, "ASM(\"int $0\");"),
        faults("int 1", REFUSED, "ASM(\"int $1\");"),
        faults("int 2", REFUSED, "ASM(\"int $2\");"),
        faults("int 6", REFUSED, "ASM(\"int $6\");"),
        faults("int 8", REFUSED, "ASM(\"int $8\");"),
        faults("int 13", REFUSED, "ASM(\"int $13\");"),
        faults("int 14", REFUSED, "ASM(\"int $14\");"),
        faults("int 31", REFUSED, "ASM(\"int $31\");"),
        faults("int 32", REFUSED, "ASM(\"int $32\");"),
        faults("int 0x70", REFUSED, "ASM(\"int $0x70\");"),
        faults("int 0x80", REFUSED, "ASM(\"mov $1, %%eax; int $0x80\");"),
        faults("int 255", REFUSED, "ASM(\"int $255\");"),
        faults("single step", DEBUG, "ASM(\"pushf; orl $0x100, (%%rsp); popf; nop; nop\");"),
        // An emulated processor may not know these exceptions: QEMU's does not.
        returnsOrFaults(
            "an unaligned read while alignment is checked",
            Set.of(ALIGNMENT),
            """
            uint8_t bytes[16] = {0};
            __asm__ volatile("pushf; orl $0x40000, (%%rsp); popf; mov %0, %%rax; pushq $2; popfq"
                             : : "m"(*(uint64_t *)(bytes + 1)) : "rax", "memory", "cc");
            """),
        faults(
            "an x87 division by zero, unmasked",
            FLOATING_POINT,
            "ASM(\"sub $16, %%rsp; movw $0x360, (%%rsp); fldcw (%%rsp); fld1; fldz; fdivrp;"
                + " fwait\");"),
        returnsOrFaults(
            "an SSE division by zero, unmasked",
            Set.of(FLOATING_POINT),
            """
            uint32_t unmasked = 0x1d80, initial = 0x1f80;
            __asm__ volatile("ldmxcsr %0; mov $1, %%eax; cvtsi2sd %%eax, %%xmm0; pxor %%xmm1, %%xmm1;"
                             "divsd %%xmm1, %%xmm0; ldmxcsr %1"
                             : : "m"(unmasked), "m"(initial) : "rax", "xmm0", "xmm1");
            """),
        returnsOrFaults(
            "reserved bits in MXCSR",
            Set.of(PROTECTION, ILLEGAL_INSTRUCTION),
            """
            uint32_t reserved = 0xffffffff, initial = 0x1f80;
            __asm__ volatile("ldmxcsr %0; ldmxcsr %1" : : "m"(reserved), "m"(initial));
            """),
        returnsOrFaults(
            "a non-canonical FS base",
            Set.of(PROTECTION),
            "__asm__ volatile(\"wrfsbase %0\" : : \"r\"(NON_CANONICAL));"),
        returnsOrFaults(
            "a non-canonical GS base",
            Set.of(PROTECTION),
            "__asm__ volatile(\"wrgsbase %0\" : : \"r\"(NON_CANONICAL));"),
        faults(
            "reading through an FS base in the monitor",
            MEMORY_ACCESS,
            "__asm__ volatile(\"wrfsbase %0; mov %%fs:0, %%rax\" : : \"r\"(MONITOR + PAGE) :"
                + " \"rax\");"),
        // KVM refuses it with -EPERM, or replaces it by the processor's own form of it, for which
        // it
        // has to write code.
        returnsOrFaults(
            "vmcall",
            Set.of(ILLEGAL_INSTRUCTION, PROTECTION, MEMORY_ACCESS),
            """
            int64_t answer;
            __asm__ volatile("vmcall" : "=a"(answer) : "a"(1), "b"(0), "c"(0), "d"(0), "S"(0) : "memory");
            return answer != -1;
            """),
        faults(
            "the prefix that asks KVM to emulate",
            ILLEGAL_INSTRUCTION,
            "ASM(\"ud2; .ascii \\\"kvm\\\"; hlt\");"),
        // With UMIP they are refused. Without it, what they reveal is no secret.
        returnsOrFaults("sgdt", REFUSED, "ASM(\"sgdt -64(%%rsp)\");"),
        returnsOrFaults("sidt", REFUSED, "ASM(\"sidt -64(%%rsp)\");"),
        returnsOrFaults("sldt", REFUSED, "__asm__ volatile(\"sldt %%eax\" : : : \"rax\");"),
        returnsOrFaults("str", REFUSED, "__asm__ volatile(\"str %%eax\" : : : \"rax\");"),
        returnsOrFaults("smsw", REFUSED, "__asm__ volatile(\"smsw %%eax\" : : : \"rax\");"),
        returns(
            "popf with every bit but those that trap",
            """
            uint64_t flags;
            __asm__ volatile("pushq $-1; andl $0xfffbbeff, (%%rsp); popfq; pushfq; popq %0; pushq $2; popfq; cld"
                             : "=r"(flags) : : "memory", "cc");
            return (flags & 0x3000) != 0; /* IOPL */
            """),
        returns(
            "xchg, cmpxchg16b and friends",
            """
            _Alignas(16) uint64_t pair[2] = {1, 2};
            __asm__ volatile("xor %%eax, %%eax; xor %%edx, %%edx; lock cmpxchg16b %0"
                             : "+m"(pair) : : "rax", "rdx", "memory", "cc");
            return pair[0] != 1;
            """));
  }
}
