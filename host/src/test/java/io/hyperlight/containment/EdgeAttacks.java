package io.hyperlight.containment;

import static io.hyperlight.containment.Attack.faults;
import static io.hyperlight.containment.Attack.returns;
import static io.hyperlight.containment.Attack.returnsOrFaults;
import static io.hyperlight.error.GuestFaultException.Kind.ILLEGAL_INSTRUCTION;
import static io.hyperlight.error.GuestFaultException.Kind.MEMORY_ACCESS;
import static io.hyperlight.error.GuestFaultException.Kind.PROTECTION;
import static io.hyperlight.error.GuestFaultException.Kind.STACK_OVERFLOW;

import io.hyperlight.error.GuestFaultException.Kind;
import java.util.List;
import java.util.Set;

/** Frames, operands and instructions that are askew, cross pages, or end where memory ends. */
final class EdgeAttacks {
  private static final Set<Kind> REFUSED = Set.of(PROTECTION, MEMORY_ACCESS);

  private EdgeAttacks() {}

  /** Returns code with the address after the last mapped byte. */
  private static String atEdge(String instruction) {
    return """
    uint64_t edge = take_heap_page() + PAGE;
    __asm__ volatile("%s" : : "r"(edge) : "rax", "rcx", "rdx", "rdi", "rsi", "memory", "cc");
    """
        .formatted(instruction);
  }

  private static Attack interruptReturn(int words) {
    return faults(
        "iretq with %d words of its frame".formatted(words),
        REFUSED,
        """
        uint64_t edge = take_heap_page() + PAGE;
        uint64_t *frame = (uint64_t *)edge - %d;
        uint64_t words[5] = {address_of((void *)ping), 0, 2, address_of(&edge), 0};
        __asm__ volatile("mov %%%%cs, %%0; mov %%%%ss, %%1" : "=r"(words[1]), "=r"(words[4]));
        for (int i = 0; i < %d; i++) {
            frame[i] = words[i];
        }
        __asm__ volatile("mov %%0, %%%%rsp; iretq" : : "r"(frame) : "memory");
        """
            .formatted(words, words));
  }

  static List<Attack> all() {
    return List.of(
        interruptReturn(0),
        interruptReturn(1),
        interruptReturn(2),
        interruptReturn(3),
        interruptReturn(4),
        faults("lretq with no word of its frame", REFUSED, atEdge("mov %0, %%rsp; lretq")),
        faults("lretq with half of its frame", REFUSED, atEdge("lea -8(%0), %%rsp; lretq")),
        faults("ret with no stack", MEMORY_ACCESS, atEdge("mov %0, %%rsp; ret")),
        faults("ret with half a word of stack", REFUSED, atEdge("lea -4(%0), %%rsp; ret")),
        faults("popfq with half a word of stack", REFUSED, atEdge("lea -4(%0), %%rsp; popfq")),
        faults("leave to nowhere", MEMORY_ACCESS, atEdge("mov %0, %%rbp; leave")),
        faults(
            "leave to a non-canonical address",
            Set.of(PROTECTION, MEMORY_ACCESS),
            "__asm__ volatile(\"mov %0, %%rbp; leave; ud2\" : : \"r\"(NON_CANONICAL) :"
                + " \"memory\");"),
        faults(
            "enter with every nested frame",
            Set.of(MEMORY_ACCESS, STACK_OVERFLOW, PROTECTION),
            "ASM(\"xor %%ebp, %%ebp; enter $65535, $31\");"),
        returnsOrFaults(
            "iretq with a frame askew",
            Set.of(MEMORY_ACCESS),
            """
            __asm__ volatile("mov %%rsp, %%rbx; mov %%ss, %%ecx; mov %%cs, %%edx; sub $3, %%rsp; push %%rcx; push %%rbx;"
                             "push $2; push %%rdx; lea 1f(%%rip), %%rcx; push %%rcx; iretq; 1:"
                             : : : "rbx", "rcx", "rdx", "memory", "cc");
            """),
        returns(
            "push and pop across a page boundary",
            """
            uint64_t start = take_heap_page();
            system_call(BRK, start + 2 * PAGE, 0, 0);
            uint64_t read;
            __asm__ volatile("mov %%rsp, %%rbx; lea 4(%1), %%rsp; push %2; pop %0; mov %%rbx, %%rsp"
                             : "=&r"(read) : "r"(start + PAGE), "r"(0x1234567890abcdeful) : "rbx", "memory");
            return read != 0x1234567890abcdeful;
            """),
        returns(
            "a system call with a stack at the end of memory",
            """
            uint64_t edge = take_heap_page() + PAGE;
            int64_t answer;
            __asm__ volatile("mov %%rsp, %%rbx; mov %1, %%rsp; syscall; mov %%rbx, %%rsp"
                             : "=a"(answer) : "r"(edge), "a"(1000ul) : "rbx", "rcx", "rdx", "r8", "r11", "memory");
            return answer != -ENOSYS;
            """),
        faults("read a word across the end of memory", MEMORY_ACCESS, atEdge("mov -4(%0), %%rax")),
        faults("write a word across the end of memory", MEMORY_ACCESS, atEdge("mov %%rax, -1(%0)")),
        faults(
            "read a vector across the end of memory",
            MEMORY_ACCESS,
            atEdge("movdqu -15(%0), %%xmm0")),
        faults("read a vector askew", PROTECTION, atEdge("movdqa -17(%0), %%xmm0")),
        faults("exchange sixteen bytes askew", PROTECTION, atEdge("lock cmpxchg16b -24(%0)")),
        faults("save x87 state across the end of memory", REFUSED, atEdge("fxsave -256(%0)")),
        // Some processors do not require the alignment that the manuals require.
        returnsOrFaults("save x87 state askew", Set.of(PROTECTION), atEdge("fxsave -777(%0)")),
        faults(
            "save vector state across the end of memory",
            REFUSED,
            atEdge("mov $-1, %%eax; mov $-1, %%edx; xsave64 -512(%0)")),
        faults(
            "load vector state askew",
            PROTECTION,
            atEdge("mov $-1, %%eax; mov $-1, %%edx; xrstor64 -1001(%0)")),
        // A component that XCR0 does not have. The request has to be small, because the full
        // state of a processor with AMX is larger than a page.
        faults(
            "load vector state of components that are not there",
            PROTECTION,
            """
            uint64_t start = take_heap_page();
            ((uint64_t *)start)[64] = -1ul;
            __asm__ volatile("xrstor64 (%0)" : : "r"(start), "a"(7), "d"(0) : "memory");
            """),
        faults(
            "load vector state with a reserved header",
            PROTECTION,
            """
            uint64_t start = take_heap_page();
            ((uint64_t *)start)[66] = 1;
            __asm__ volatile("xrstor64 (%0)" : : "r"(start), "a"(7), "d"(0) : "memory");
            """),
        faults(
            "copy beyond the end of memory",
            MEMORY_ACCESS,
            atEdge("lea -64(%0), %%rdi; mov %%rsp, %%rsi; mov $128, %%ecx; rep movsb")),
        faults(
            "fill memory until it ends",
            MEMORY_ACCESS,
            atEdge("lea -4096(%0), %%rdi; mov $-1, %%rcx; rep stosq")),
        faults(
            "compare down into the monitor",
            Set.of(MEMORY_ACCESS, PROTECTION),
            "__asm__ volatile(\"std; mov %0, %%rdi; mov $8, %%ecx; repne scasb\" : : \"r\"(MONITOR"
                + " + 8 * PAGE) : \"rdi\", \"rcx\", \"memory\");"),
        faults(
            "a masked write to the monitor",
            MEMORY_ACCESS,
            "__asm__ volatile(\"mov %0, %%rdi; pcmpeqb %%xmm0, %%xmm0; maskmovdqu %%xmm0, %%xmm0\""
                + " : : \"r\"(MONITOR + PAGE) : \"rdi\", \"memory\");"),
        returns(
            "prefetch the monitor",
            """
            for (uint64_t page = 0; page < 8; page++) {
                __asm__ volatile("prefetcht0 (%0); prefetchnta (%0); prefetchw (%0)" : : "r"(MONITOR + page * PAGE));
            }
            __asm__ volatile("prefetcht0 (%0)" : : "r"(NON_CANONICAL));
            """),
        // An emulator may do nothing at all for it.
        returnsOrFaults(
            "flush the monitor from the cache",
            Set.of(MEMORY_ACCESS),
            "__asm__ volatile(\"clflush (%0)\" : : \"r\"(MONITOR + PAGE) : \"memory\");"),
        returns(
            "flush all of its own memory from the cache",
            """
            uint64_t end, start = take_all_heap(&end);
            for (uint64_t at = start; at < end; at += PAGE) {
                __asm__ volatile("clflush (%0)" : : "r"(at) : "memory");
            }
            __asm__ volatile("clflush (%0); clflush (%1)" : : "r"(GATE), "r"(INFORMATION) : "memory");
            """),
        returns(
            "ask for the rights and limits of every selector",
            """
            for (uint32_t selector = 0; selector < 0x200; selector++) {
                __asm__ volatile("lar %0, %%eax; lsl %0, %%eax; verr %w0; verw %w0" : : "r"(selector) : "rax", "cc");
            }
            """),
        faults("jump to the last byte of user space", MEMORY_ACCESS, "execute(USER_END - 1);"),
        faults("jump to the last canonical byte", MEMORY_ACCESS, "execute(NON_CANONICAL - 1);"),
        faults(
            "a call whose return address wraps",
            Set.of(MEMORY_ACCESS, ILLEGAL_INSTRUCTION),
            "execute(0xfffffffffffffffful);"));
  }
}
