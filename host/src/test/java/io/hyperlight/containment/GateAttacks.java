package io.hyperlight.containment;

import static io.hyperlight.containment.Attack.faults;
import static io.hyperlight.containment.Attack.returns;
import static io.hyperlight.containment.Attack.returnsOrFaults;
import static io.hyperlight.error.GuestFaultException.Kind.DEBUG;
import static io.hyperlight.error.GuestFaultException.Kind.DEVICE_ACCESS;
import static io.hyperlight.error.GuestFaultException.Kind.ILLEGAL_INSTRUCTION;
import static io.hyperlight.error.GuestFaultException.Kind.MEMORY_ACCESS;
import static io.hyperlight.error.GuestFaultException.Kind.PROTECTION;
import static io.hyperlight.error.GuestFaultException.Kind.STACK_OVERFLOW;

import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.GuestFaultException.Kind;
import java.util.List;
import java.util.Set;

/**
 * Enters the gate and the stubs in other places than their beginnings, or with registers of its
 * own.
 */
final class GateAttacks {
  private static final Set<Kind> NO_CODE =
      Set.of(MEMORY_ACCESS, PROTECTION, ILLEGAL_INSTRUCTION, DEVICE_ACCESS);

  private GateAttacks() {}

  static List<Attack> all() {
    return List.of(
        // The stub is there on some machines only. Where it is, this is a system call like others.
        returnsOrFaults(
            "jump to the system-call stub",
            Set.of(MEMORY_ACCESS),
            """
            int64_t answer;
            __asm__ volatile("lea 1f(%%rip), %%rcx; jmp *%1; 1:" : "=a"(answer) : "r"(USER_STUB), "a"(1000ul)
                             : "rcx", "rdx", "r8", "r11", "memory");
            return answer != -ENOSYS;
            """),
        faults(
            "jump to the system-call stub to end the call",
            Set.of(MEMORY_ACCESS, ILLEGAL_INSTRUCTION),
            """
            __asm__ volatile("jmp *%0"
                             : : "r"(USER_STUB), "a"(HL_CALL_DONE), "c"(gate_system_call() + 2), "D"(0), "S"(0),
                             "d"(0) : "memory");
            """),
        returnsOrFaults(
            "jump to the system-call stub with flags that trap",
            Set.of(MEMORY_ACCESS, DEBUG),
            """
            __asm__ volatile("lea 1f(%%rip), %%rcx; pushf; orl $0x100, (%%rsp); popf; jmp *%0; 1:"
                             : : "r"(USER_STUB), "a"(1000ul) : "rcx", "rdx", "r8", "r11", "memory");
            """),
        faults(
            "jump to the system-call stub with a return address in the monitor",
            Set.of(MEMORY_ACCESS, GuestFaultException.Kind.PROTOCOL_VIOLATION),
            """
            __asm__ volatile("jmp *%0" : : "r"(USER_STUB), "a"(1000ul), "c"(MONITOR) : "memory");
            """),
        faults(
            "jump to the system-call stub with a non-canonical return address",
            Set.of(MEMORY_ACCESS, GuestFaultException.Kind.PROTOCOL_VIOLATION),
            """
            __asm__ volatile("jmp *%0" : : "r"(USER_STUB), "a"(1000ul), "c"(NON_CANONICAL) : "memory");
            """),
        faults(
            "jump to the system-call stub with no return address",
            Set.of(MEMORY_ACCESS, GuestFaultException.Kind.PROTOCOL_VIOLATION),
            "__asm__ volatile(\"jmp *%0\" : : \"r\"(USER_STUB), \"a\"(1000ul), \"c\"(0) :"
                + " \"memory\");"),
        faults(
            "jump into the middle of the stub's port access", NO_CODE, "execute(USER_STUB + 1);"),
        returnsOrFaults(
            "jump to the return of the stub",
            Set.of(MEMORY_ACCESS),
            """
            __asm__ volatile("xor %%eax, %%eax; lea 1f(%%rip), %%rcx; jmp *%0; 1:" : : "r"(USER_STUB + 2)
                             : "rax", "rcx", "memory");
            """),
        faults("jump behind the stub", NO_CODE, "execute(USER_STUB + 4);"),
        faults("jump to the end of the gate's page", NO_CODE, "execute(GATE + PAGE - 1);"),
        faults("jump to the supervisor's stub", MEMORY_ACCESS, "execute(MONITOR + 2 * PAGE);"),
        faults("jump to an exception stub", MEMORY_ACCESS, "execute(MONITOR + 2 * PAGE + 0x100);"),
        faults("enter the gate again and again", STACK_OVERFLOW, "execute(GATE);"),
        returns(
            "enter the gate for another function",
            """
            FRAME->target = address_of((void *)ping);
            FRAME->integer_arguments[0] = (uint64_t)-1;
            __asm__ volatile("mov %0, %%rsp; jmp *%1" : : "r"(FRAME), "r"(GATE) : "memory");
            """),
        faults("call nothing through the gate", MEMORY_ACCESS, "FRAME->target = 0; execute(GATE);"),
        faults(
            "call the monitor through the gate",
            MEMORY_ACCESS,
            "FRAME->target = MONITOR + 2 * PAGE; execute(GATE);"),
        // An emulated processor may not check the base: QEMU's does not.
        returnsOrFaults(
            "load a non-canonical FS base through the gate",
            Set.of(PROTECTION),
            """
            FRAME->flags = 1;
            FRAME->fs_base = NON_CANONICAL;
            FRAME->target = address_of((void *)ping);
            FRAME->integer_arguments[0] = (uint64_t)-1;
            execute(GATE);
            """),
        faults(
            "run the gate with a frame in the monitor",
            MEMORY_ACCESS,
            "__asm__ volatile(\"mov %0, %%rbx; jmp *%1\" : : \"r\"(MONITOR), \"r\"(GATE + 10));"),
        faults(
            "run the gate with a non-canonical frame",
            PROTECTION,
            "__asm__ volatile(\"mov %0, %%rbx; jmp *%1\" : : \"r\"(NON_CANONICAL), \"r\"(GATE +"
                + " 10));"),
        faults("jump into the middle of an instruction of the gate", NO_CODE, "execute(GATE + 3);"),
        returns(
            "jump to the gate's exit",
            """
            __asm__ volatile("jmp *%0" : : "r"(gate_exit()), "a"(0), "d"(0) : "memory");
            """),
        returns(
            "jump to the gate's exit with no stack",
            """
            __asm__ volatile("xor %%esp, %%esp; jmp *%0" : : "r"(gate_exit()), "a"(0), "d"(0) : "memory");
            """),
        returns(
            "jump to the gate's exit with a stack in the monitor",
            """
            __asm__ volatile("mov %1, %%rsp; jmp *%0"
                             : : "r"(gate_exit()), "r"(MONITOR + 5 * PAGE), "a"(0), "d"(0) : "memory");
            """),
        returns(
            "jump to the gate's exit with every flag",
            """
            __asm__ volatile("pushq $-1; andl $0xfffbbeff, (%%rsp); popfq; jmp *%0"
                             : : "r"(gate_exit()), "a"(0), "d"(0) : "memory");
            """),
        returns(
            "jump to the gate's exit while alignment is checked",
            """
            __asm__ volatile("pushf; orl $0x40400, (%%rsp); popfq; jmp *%0"
                             : : "r"(gate_exit()), "a"(0), "d"(0) : "memory");
            """),
        returns(
            "jump to the gate's exit while the task is nested",
            """
            __asm__ volatile("pushf; orl $0x4000, (%%rsp); popfq; jmp *%0"
                             : : "r"(gate_exit()), "a"(0), "d"(0) : "memory");
            """),
        faults(
            "step through the gate's exit",
            DEBUG,
            """
            __asm__ volatile("pushf; orl $0x100, (%%rsp); popfq; jmp *%0"
                             : : "r"(gate_exit()) : "memory");
            """),
        // A load of SS delays the trap by one instruction, which here is the system call.
        returnsOrFaults(
            "step through a system call",
            Set.of(DEBUG),
            """
            int64_t answer;
            __asm__ volatile("mov %%ss, %%edx; mov $1000, %%eax; pushf; orl $0x100, (%%rsp); popfq;"
                             "mov %%edx, %%ss; syscall"
                             : "=a"(answer) : : "rcx", "rdx", "r8", "r11", "memory", "cc");
            __asm__ volatile("pushq $2; popfq" ::: "memory", "cc");
            return answer != -ENOSYS;
            """),
        // The trap is then due after the stub's port access, when the call is over.
        returnsOrFaults(
            "step through the end of a call",
            Set.of(DEBUG, MEMORY_ACCESS),
            """
            __asm__ volatile("mov %%ss, %%ebx; push %%rbx; push %%rsp; push $0x102; mov %%cs, %%ebx; push %%rbx;"
                             "push %0; xor %%ebx, %%ebx; iretq"
                             : : "r"(USER_STUB), "a"(HL_CALL_DONE), "c"(gate_system_call() + 2), "D"(0), "S"(0),
                             "d"(0) : "rbx", "memory");
            """),
        returnsOrFaults(
            "step through the end of a call at the gate's exit",
            Set.of(DEBUG, MEMORY_ACCESS),
            """
            __asm__ volatile("mov %%ss, %%ebx; push %%rbx; push %%rsp; push $0x102; mov %%cs, %%ebx; push %%rbx;"
                             "push %0; xor %%ebx, %%ebx; iretq"
                             : : "r"(gate_system_call()), "a"(HL_CALL_DONE), "D"(0), "S"(0), "d"(0)
                             : "rbx", "memory");
            """),
        returnsOrFaults(
            "another system call at the gate's exit for host calls",
            Set.of(DEVICE_ACCESS),
            """
            int64_t answer;
            __asm__ volatile("sub $128, %%rsp; call *%1; add $128, %%rsp"
                             : "=a"(answer) : "r"(HL_INFORMATION->host_call + 25), "a"(1000ul)
                             : "rcx", "rdx", "r8", "r9", "r10", "r11", "memory", "cc");
            return answer != -ENOSYS;
            """),
        faults(
            "another system call at the gate's exit",
            Set.of(ILLEGAL_INSTRUCTION, DEVICE_ACCESS),
            "__asm__ volatile(\"jmp *%0\" : : \"r\"(gate_system_call()), \"a\"(1000ul) :"
                + " \"memory\");"),
        faults(
            "run behind the gate's exit", ILLEGAL_INSTRUCTION, "execute(gate_system_call() + 2);"),
        returns(
            "the end of a call as an own system call",
            "return system_call(HL_CALL_DONE, 0, 0, 0) != -ENOSYS;"),
        returns(
            "return to the gate's exit from a stack of its own",
            """
            static uint64_t stack[4];
            stack[2] = gate_exit();
            __asm__ volatile("mov %0, %%rsp; ret" : : "r"(stack + 2), "a"(0), "d"(0) : "memory");
            """),
        faults(
            "return with a stack pointer that is off",
            MEMORY_ACCESS,
            """
            FRAME->stack_arguments[0] = 0;
            __asm__ volatile("mov %0, %%rsp; ret" : : "r"(FRAME) : "memory");
            """),
        faults(
            "call an import's address",
            MEMORY_ACCESS,
            "execute(address_of(hl_function_twice.address));"),
        faults("fault with no stack", ILLEGAL_INSTRUCTION, "ASM(\"xor %%esp, %%esp; ud2\");"),
        faults(
            "fault with a stack in the monitor",
            ILLEGAL_INSTRUCTION,
            "__asm__ volatile(\"mov %0, %%rsp; ud2\" : : \"r\"(MONITOR + 5 * PAGE));"),
        faults(
            "fault with a stack in the code",
            ILLEGAL_INSTRUCTION,
            "__asm__ volatile(\"mov %0, %%rsp; ud2\" : : \"r\"(ping));"),
        faults(
            "fault with a non-canonical stack",
            ILLEGAL_INSTRUCTION,
            "__asm__ volatile(\"mov %0, %%rsp; ud2\" : : \"r\"(NON_CANONICAL));"),
        returns(
            "a system call with a non-canonical stack",
            """
            int64_t answer;
            __asm__ volatile("mov %%rsp, %%rbx; mov %1, %%rsp; syscall; mov %%rbx, %%rsp"
                             : "=a"(answer) : "r"(NON_CANONICAL), "a"(1000ul)
                             : "rbx", "rcx", "rdx", "r8", "r11", "memory");
            return answer != -ENOSYS;
            """),
        returns(
            "a system call with every flag",
            """
            int64_t answer;
            __asm__ volatile("pushq $-1; andl $0xfffbbeff, (%%rsp); popfq; syscall; pushq $2; popfq; cld"
                             : "=a"(answer) : "a"(1000ul) : "rcx", "rdx", "r8", "r11", "memory", "cc");
            return answer != -ENOSYS;
            """),
        returns(
            "a system call while alignment is checked and the task is nested",
            """
            int64_t answer;
            __asm__ volatile("pushf; orl $0x44000, (%%rsp); popfq; syscall; pushq $2; popfq; cld"
                             : "=a"(answer) : "a"(1000ul) : "rcx", "rdx", "r8", "r11", "memory", "cc");
            return answer != -ENOSYS;
            """),
        faults(
            "a system call that is the last instruction of its page",
            MEMORY_ACCESS,
            """
            /* The linker puts this section behind all other code, and constants on the next page. */
            __asm__ volatile(".pushsection .fini, \\"ax\\"; .balign 4096; .skip 4094, 0x90;"
                             "2: syscall; .popsection; lea 2b(%%rip), %%rdx; jmp *%%rdx"
                             : : "a"(1000ul) : "rdx", "memory");
            """));
  }
}
