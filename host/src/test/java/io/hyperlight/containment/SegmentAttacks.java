package io.hyperlight.containment;

import static io.hyperlight.containment.Attack.faults;
import static io.hyperlight.containment.Attack.returns;
import static io.hyperlight.containment.Attack.returnsOrFaults;
import static io.hyperlight.error.GuestFaultException.Kind.DEBUG;
import static io.hyperlight.error.GuestFaultException.Kind.ILLEGAL_INSTRUCTION;
import static io.hyperlight.error.GuestFaultException.Kind.MEMORY_ACCESS;
import static io.hyperlight.error.GuestFaultException.Kind.PROTECTION;

import io.hyperlight.error.GuestFaultException.Kind;
import java.util.List;
import java.util.Set;

/** Crafted interrupt and far returns. {@link HostileSelectorsTest} tries all selectors. */
final class SegmentAttacks {
  /**
   * An emulator may read the frame with a supervisor's rights, which end at the user's stack
   * (SMAP): QEMU's up to version 8 does.
   */
  private static final Set<Kind> EMULATED = Set.of(MEMORY_ACCESS);

  private static final Set<Kind> REFUSED = Set.of(PROTECTION, MEMORY_ACCESS);

  private SegmentAttacks() {}

  /** Returns from an interrupt that never was, to label 1, with these selectors and flags. */
  private static String interruptReturn(String codeSegment, String stackSegment, String flags) {
    return """
    uint64_t cs, ss;
    __asm__ volatile("mov %%%%cs, %%0; mov %%%%ss, %%1" : "=r"(cs), "=r"(ss));
    (void)cs; (void)ss;
    uint64_t flags = 0;
    __asm__ volatile("mov %%%%rsp, %%%%rax; push %%2; push %%%%rax; push %%3; push %%1;"
                     "lea 1f(%%%%rip), %%%%rax; push %%%%rax; iretq; 1: pushfq; popq %%0; pushq $2; popfq"
                     : "=&r"(flags) : "r"((uint64_t)(%s)), "r"((uint64_t)(%s)), "r"((uint64_t)(%s))
                     : "rax", "memory", "cc");
    return (int64_t)(flags & 0x3000); /* IOPL */
    """
        .formatted(codeSegment, stackSegment, flags);
  }

  static List<Attack> all() {
    return List.of(
        faults("iretq to the kernel", REFUSED, interruptReturn("8", "16", "2")),
        faults(
            "iretq to the kernel's code with the user's stack",
            REFUSED,
            interruptReturn("8", "ss", "2")),
        faults(
            "iretq to the kernel's code with user rights",
            REFUSED,
            interruptReturn("8 | 3", "ss", "2")),
        faults("iretq to itself at level 0", REFUSED, interruptReturn("cs & ~3ul", "ss", "2")),
        faults("iretq to no segment", REFUSED, interruptReturn("0", "ss", "2")),
        faults("iretq to the task", REFUSED, interruptReturn("0x30 | 3 | 0x40", "ss", "2")),
        faults("iretq with no stack segment", REFUSED, interruptReturn("cs", "0", "2")),
        faults("iretq with a kernel's stack segment", REFUSED, interruptReturn("cs", "0x10", "2")),
        returnsOrFaults("iretq to where it is", EMULATED, interruptReturn("cs", "ss", "2")),
        returnsOrFaults(
            "iretq with all I/O rights and interrupts on",
            EMULATED,
            interruptReturn("cs", "ss", "0x3202")),
        returnsOrFaults(
            "iretq with virtual flags", EMULATED, interruptReturn("cs", "ss", "0x1a0002")),
        faults(
            "iretq with a single step",
            Set.of(DEBUG, MEMORY_ACCESS),
            interruptReturn("cs", "ss", "0x102")),
        faults(
            "iretq while the task is nested",
            REFUSED,
            "ASM(\"pushf; orl $0x4000, (%%rsp); popf\");" + interruptReturn("cs", "ss", "2")),
        faults(
            "iretq to a non-canonical address",
            REFUSED,
            """
            __asm__ volatile("mov %%cs, %%rcx; mov %%ss, %%rdx; push %%rdx; push %%rsp; push $2; push %%rcx;"
                             "push %0; iretq" : : "r"(NON_CANONICAL) : "rcx", "rdx", "memory");
            """),
        faults(
            "far return to the kernel",
            REFUSED,
            "ASM(\"push $8; lea 1f(%%rip), %%rax; push %%rax; lretq; 1: ud2\");"),
        faults(
            "far return to the kernel with user rights",
            REFUSED,
            "ASM(\"push $11; lea 1f(%%rip), %%rax; push %%rax; lretq; 1: ud2\");"),
        faults(
            "far return to data",
            REFUSED,
            "ASM(\"push $0x13; lea 1f(%%rip), %%rax; push %%rax; lretq; 1: ud2\");"),
        returnsOrFaults(
            "far return to where it is",
            EMULATED,
            """
            __asm__ volatile("mov %%cs, %%rax; push %%rax; lea 1f(%%rip), %%rax; push %%rax; lretq; 1:"
                             : : : "rax", "memory");
            """),
        returns(
            "no data segments",
            """
            __asm__ volatile("xor %%eax, %%eax; mov %%eax, %%ds; mov %%eax, %%es; mov %%eax, %%fs;"
                             "mov %%eax, %%gs" : : : "rax", "memory");
            return ping(1) != 2 || system_call(1000, 0, 0, 0) != -ENOSYS;
            """),
        returnsOrFaults(
            "no stack segment",
            Set.of(PROTECTION, ILLEGAL_INSTRUCTION),
            "__asm__ volatile(\"xor %%eax, %%eax; mov %%eax, %%ss\" : : : \"rax\");"));
  }
}
