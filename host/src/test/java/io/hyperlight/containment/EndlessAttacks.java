package io.hyperlight.containment;

import static io.hyperlight.containment.Attack.returns;
import static io.hyperlight.containment.Attack.returnsOrFaults;
import static io.hyperlight.error.GuestFaultException.Kind.ILLEGAL_INSTRUCTION;
import static io.hyperlight.error.GuestFaultException.Kind.MEMORY_ACCESS;
import static io.hyperlight.error.GuestFaultException.Kind.PROTECTION;

import java.util.List;
import java.util.Set;

/**
 * Ways of never ending: with exits and without, in faults, in system calls and asleep. A deadline
 * ends each of them. Some may end in other ways, depending on the machine; for those the table says
 * how.
 */
final class EndlessAttacks {
  private static final String SET_HANDLER =
      """
      uint64_t restorer, handler;
      __asm__ volatile("lea 1f(%%rip), %0; lea 3f(%%rip), %1; jmp 2f; 1: mov $15, %%eax; syscall; 3: ret; 2:"
                       : "=r"(restorer), "=r"(handler));
      """;

  private EndlessAttacks() {}

  static List<Attack> all() {
    return List.of(
        returns("a loop of one instruction", "for (;;) __asm__ volatile(\"\");"),
        returns(
            "a loop of locked writes",
            "for (;;) __asm__ volatile(\"lock incq (%0)\" : : \"r\"(ret_in_data) : \"memory\");"),
        returns(
            "one string instruction after the other",
            """
            for (;;) {
                uint64_t count = sizeof ret_in_data, to = (uint64_t)ret_in_data;
                __asm__ volatile("rep stosb" : "+c"(count), "+D"(to) : "a"(0xc3) : "memory");
            }
            """),
        returns(
            "CPUID",
            "for (;;) __asm__ volatile(\"cpuid\" : : \"a\"(0), \"c\"(0) : \"rbx\", \"rdx\");"),
        returns("pauses", "for (;;) __asm__ volatile(\"pause\");"),
        // A paravirtual KVM executes it for ever. Others refuse it with -EPERM, or replace it by
        // the processor's own form of it, for which they have to write code.
        returnsOrFaults(
            "vmmcall",
            Set.of(ILLEGAL_INSTRUCTION, PROTECTION, MEMORY_ACCESS),
            """
            int64_t answer;
            __asm__ volatile("vmmcall" : "=a"(answer) : "a"(1), "b"(0), "c"(0), "d"(0), "S"(0) : "memory");
            return answer != -1;
            """),
        returns("system calls", "for (;;) system_call(39, 0, 0, 0);"),
        returns("one refused system call after the other", "for (;;) system_call(1000, 0, 0, 0);"),
        returns(
            "mapping and unmapping",
            """
            for (;;) {
                int64_t at = system_call6(MMAP, 0, 8 * PAGE, 3, 0x22, -1ul, 0);
                store((uint64_t)at + PAGE);
                system_call(MPROTECT, (uint64_t)at, PAGE, 1);
                system_call(MUNMAP, (uint64_t)at, 8 * PAGE, 0);
            }
            """),
        returns(
            "sleep",
            "uint64_t day[] = {86400, 0}; for (;;) system_call(NANOSLEEP, (uint64_t)day, 0, 0);"),
        returns("host calls", "for (;;) twice(1);"),
        returns(
            "a fault that its handler does not mend",
            SET_HANDLER
                + """
                uint64_t action[4] = {handler, 0x04000000, restorer, 0};
                if (system_call4(SIGACTION, 11, (uint64_t)action, 0, 8)) return 1;
                store(0);
                """),
        returns(
            "a handler for each step",
            SET_HANDLER
                + """
                uint64_t action[4] = {handler, 0x04000000, restorer, 0};
                if (system_call4(SIGACTION, 5, (uint64_t)action, 0, 8)) return 1;
                for (;;) __asm__ volatile("int3");
                """));
  }
}
