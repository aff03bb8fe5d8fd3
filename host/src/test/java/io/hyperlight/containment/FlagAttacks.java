package io.hyperlight.containment;

import static io.hyperlight.containment.Attack.faults;
import static io.hyperlight.containment.Attack.returns;
import static io.hyperlight.containment.Attack.returnsOrFaults;
import static io.hyperlight.error.GuestFaultException.Kind.ALIGNMENT;
import static io.hyperlight.error.GuestFaultException.Kind.DEBUG;
import static io.hyperlight.error.GuestFaultException.Kind.ILLEGAL_INSTRUCTION;
import static io.hyperlight.error.GuestFaultException.Kind.MEMORY_ACCESS;
import static io.hyperlight.error.GuestFaultException.Kind.PROTECTION;

import io.hyperlight.error.GuestFaultException.Kind;
import java.util.List;
import java.util.Set;

/** Flags that a kernel must not inherit on entry or on exit. */
final class FlagAttacks {
  private static final Set<Kind> REFUSED = Set.of(PROTECTION, ILLEGAL_INSTRUCTION);

  /** An emulator may read an interrupt's frame with a supervisor's rights: see SegmentAttacks. */
  private static final Set<Kind> EMULATED = Set.of(MEMORY_ACCESS);

  private FlagAttacks() {}

  /** To label 1, with these flags, by the return of an interrupt. */
  private static String withFlags(String flags, String then) {
    return """
    int64_t answer = -ENOSYS;
    __asm__ volatile("mov %%%%ss, %%%%ecx; mov %%%%cs, %%%%edx; mov %%%%rsp, %%%%rbx; push %%%%rcx; push %%%%rbx; push $%s;"
                     "push %%%%rdx; lea 1f(%%%%rip), %%%%rcx; push %%%%rcx; mov $1000, %%%%eax; iretq; 1: %s;"
                     "push $2; popfq; cld"
                     : "+a"(answer) : : "rbx", "rcx", "rdx", "r8", "r11", "memory", "cc");
    """
        .formatted(flags, then);
  }

  private static final String ANSWERED = "return answer != -ENOSYS;";

  static List<Attack> all() {
    return List.of(
        returnsOrFaults(
            "a system call with the resume flag",
            EMULATED,
            withFlags("0x10002", "syscall") + ANSWERED),
        returnsOrFaults(
            "a system call with nested task, resume and direction flags",
            EMULATED,
            withFlags("0x14402", "syscall") + ANSWERED),
        returnsOrFaults(
            "a system call with the identification and overflow flags",
            EMULATED,
            withFlags("0x200802", "syscall") + ANSWERED),
        returnsOrFaults(
            "a system call with virtual interrupts pending",
            Set.of(MEMORY_ACCESS, PROTECTION),
            withFlags("0x180002", "syscall") + ANSWERED),
        returnsOrFaults(
            "a system call while alignment is checked and the stack is askew",
            Set.of(MEMORY_ACCESS, ALIGNMENT),
            """
            int64_t answer;
            __asm__ volatile("mov %%rsp, %%rbx; pushf; orl $0x40000, (%%rsp); popfq; sub $3, %%rsp; syscall;"
                             "mov %%rbx, %%rsp; pushq $2; popfq"
                             : "=a"(answer) : "a"(1000ul) : "rbx", "rcx", "rdx", "r8", "r11", "memory", "cc");
            return answer != -ENOSYS;
            """),
        faults(
            "an invalid instruction with the resume flag",
            Set.of(ILLEGAL_INSTRUCTION, MEMORY_ACCESS),
            withFlags("0x10002", "ud2")),
        faults(
            "an invalid instruction while the task is nested",
            ILLEGAL_INSTRUCTION,
            "ASM(\"pushf; orl $0x4000, (%%rsp); popfq; ud2\");"),
        faults(
            "an invalid instruction while alignment is checked and the stack is askew",
            Set.of(ILLEGAL_INSTRUCTION, ALIGNMENT),
            "ASM(\"pushf; orl $0x40000, (%%rsp); popfq; sub $3, %%rsp; ud2\");"),
        faults(
            "an invalid instruction that is stepped",
            Set.of(ILLEGAL_INSTRUCTION, DEBUG),
            "ASM(\"pushf; orl $0x100, (%%rsp); popfq; ud2\");"),
        faults(
            "a breakpoint that is stepped",
            DEBUG,
            "ASM(\"pushf; orl $0x100, (%%rsp); popfq; int3\");"),
        faults(
            "a step held back by a load of SS until a privileged instruction",
            Set.of(DEBUG, PROTECTION, ILLEGAL_INSTRUCTION),
            "ASM(\"mov %%ss, %%edx; pushf; orl $0x100, (%%rsp); popfq; mov %%edx, %%ss; hlt\");"),
        faults(
            "a step held back by a load of SS until a breakpoint",
            DEBUG,
            "ASM(\"mov %%ss, %%edx; pushf; orl $0x100, (%%rsp); popfq; mov %%edx, %%ss; int3\");"),
        faults(
            "a step held back by a pop of SS until a software interrupt",
            Set.of(DEBUG, PROTECTION, ILLEGAL_INSTRUCTION),
            "ASM(\"pushf; orl $0x100, (%%rsp); popfq; mov %%ss, %%edx; .byte 0x8e, 0xd2; int"
                + " $0x80\");"),
        faults(
            "interrupts off after asking for the right to",
            REFUSED,
            "ASM(\"pushf; orl $0x3000, (%%rsp); popfq; cli\");"),
        faults(
            "interrupts on after asking for the right to",
            REFUSED,
            "ASM(\"pushf; orl $0x3000, (%%rsp); popfq; sti\");"),
        faults(
            "a port after asking for the right to",
            REFUSED,
            "ASM(\"pushf; orl $0x3000, (%%rsp); popfq; out %%al, $0x80\");"),
        faults(
            "a port after an interrupt's return with the right to",
            Set.of(PROTECTION, ILLEGAL_INSTRUCTION, MEMORY_ACCESS),
            withFlags("0x3202", "in $0x60, %%al")),
        returns(
            "interrupts off by a pop of flags",
            """
            uint64_t flags;
            __asm__ volatile("pushf; andl $~0x200, (%%rsp); popfq; pushfq; popq %0" : "=r"(flags) : : "memory", "cc");
            return (flags & 0x200) == 0 ? 0 : (flags & 0x3000) != 0;
            """),
        returns(
            "sixteen bits of flags",
            """
            uint64_t flags;
            __asm__ volatile("pushw $0x7eff; popfw; pushfq; popq %0; pushq $2; popfq; cld"
                             : "=r"(flags) : : "memory", "cc");
            return (flags & 0x3000) != 0;
            """),
        returns(
            "string instructions backwards after a system call",
            """
            uint8_t bytes[16] = {0};
            uint8_t *to = bytes + 15;
            uint64_t count = 8;
            __asm__ volatile("std; mov $1000, %%eax; syscall; mov $1, %%al; mov $8, %%ecx; rep stosb; cld"
                             : "+D"(to), "+c"(count) : : "rax", "rdx", "r8", "r11", "memory", "cc");
            return to != bytes + 7 && to != bytes + 23;
            """));
  }
}
