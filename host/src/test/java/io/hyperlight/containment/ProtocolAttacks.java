package io.hyperlight.containment;

import static io.hyperlight.containment.Attack.faults;
import static io.hyperlight.containment.Attack.returns;
import static io.hyperlight.error.GuestFaultException.Kind.PROTOCOL_VIOLATION;

import java.util.List;

/** System calls and call frames with invalid contents. */
final class ProtocolAttacks {
  private ProtocolAttacks() {}

  static List<Attack> all() {
    return List.of(
        returns(
            "system calls that do not exist",
            """
            for (uint64_t number = 335; number < 600; number++) {
                if ((number < 424 || number > 450) && system_call(number, number, number, number) != -ENOSYS) {
                    return (int64_t)number;
                }
            }
            for (int bit = 10; bit < 64; bit++) {
                if (system_call(WRITE | 1ul << bit, 1, GATE, 1) != -ENOSYS
                    || system_call(HL_CALL_ABORT ^ 1ul << bit, 1, GATE, 1) != -ENOSYS) {
                    return bit;
                }
            }
            return system_call(-1ul, 0, 0, 0) != -ENOSYS;
            """),
        faults(
            "giving up without a reason",
            PROTOCOL_VIOLATION,
            "system_call(HL_CALL_GIVE_UP, 0, 0, 0);"),
        faults(
            "a log level that does not exist",
            PROTOCOL_VIOLATION,
            "system_call(HL_CALL_LOG, 5, GATE, 1);"),
        faults(
            "a negative log level", PROTOCOL_VIOLATION, "system_call(HL_CALL_LOG, -1ul, GATE, 1);"),
        faults(
            "a log level that is 0 in 32 bits",
            PROTOCOL_VIOLATION,
            "system_call(HL_CALL_LOG, 1ul << 32, GATE, 1);"),
        returns(
            "a log message from nowhere",
            "return system_call(HL_CALL_LOG, HL_TRACE, MONITOR, -1ul) != 0;"),
        returns(
            "output from nowhere",
            """
            const uint64_t sizes[] = {1, 4096, 1ul << 20, 1ul << 31, 1ul << 32, 1ul << 63, -1ul, -4096ul};
            const uint64_t addresses[] = {0, 1, GATE - 1, USER_END - 1, USER_END, NON_CANONICAL, MONITOR, -1ul};
            for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
                for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
                    if (system_call(WRITE, 1, addresses[i], sizes[k]) != -14) {
                        return 1;
                    }
                }
            }
            /* As far as the guest can read itself. */
            return system_call(WRITE, 1, INFORMATION, PAGE + 1) != PAGE;
            """),
        returns(
            "output to other descriptors",
            """
            for (uint64_t descriptor = 3; descriptor < 64; descriptor++) {
                if (system_call(WRITE, descriptor, GATE, 1) != -9) {
                    return 1;
                }
            }
            return system_call(WRITE, 0, GATE, 1) != -9 || system_call(WRITE, -1ul, GATE, 1) != -9
                   || system_call(WRITE, 1ul << 32 | 3, GATE, 1) != -9;
            """),
        returns(
            "a program break everywhere",
            """
            const uint64_t wanted[] = {1, GATE, HL_INFORMATION->window, HL_INFORMATION->heap - 1, MONITOR,
                                       USER_END, USER_END - 1, NON_CANONICAL, 1ul << 63, -1ul, -4096ul};
            uint64_t before = (uint64_t)system_call(BRK, 0, 0, 0);
            for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
                if ((uint64_t)system_call(BRK, wanted[i], 0, 0) != before) {
                    return (int64_t)i + 1;
                }
            }
            """),
        returns(
            "a window that grows everywhere",
            """
            const uint64_t wanted[] = {0, 1, GATE, HL_INFORMATION->window - 1, HL_INFORMATION->heap, MONITOR,
                                       USER_END, NON_CANONICAL, 1ul << 63, -1ul, -4096ul};
            uint64_t before = FRAME->window_end;
            for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
                if (system_call(HL_CALL_GROW_WINDOW, wanted[i], 0, 0) != -12 || FRAME->window_end != before) {
                    return (int64_t)i + 1;
                }
            }
            """),
        returns(
            "heap and window until memory is used up",
            """
            uint64_t brk = (uint64_t)system_call(BRK, 0, 0, 0);
            uint64_t window = FRAME->window_end;
            for (int i = 0;; i++) {
                int moved = 0;
                if ((uint64_t)system_call(BRK, brk + PAGE, 0, 0) == brk + PAGE) {
                    brk += PAGE;
                    moved++;
                }
                if (system_call(HL_CALL_GROW_WINDOW, window + 1, 0, 0) == 0) {
                    window = FRAME->window_end;
                    moved++;
                }
                if (moved == 0) {
                    break;
                }
            }
            for (uint64_t at = HL_INFORMATION->window; at < window; at += PAGE) {
                store(at);
            }
            for (uint64_t at = HL_INFORMATION->heap; at < brk; at += PAGE) {
                store(at);
            }
            """),
        returns(
            "other registers and control words than a caller expects",
            """
            __asm__ volatile("sub $16, %%rsp; movl $0x7f80, (%%rsp); ldmxcsr (%%rsp); movw $0xf7f, (%%rsp);"
                             "fldcw (%%rsp); fld1; fld1; fld1; wrfsbase %%rdi; wrgsbase %%rdi; std; xor %%ebp, %%ebp;"
                             "xor %%ebx, %%ebx; mov $-1, %%r12; mov %%r12, %%r13; mov %%r12, %%r14;"
                             "mov %%r12, %%r15; jmp *%%rcx"
                             : : "c"(gate_exit()), "D"(GATE), "a"(0), "d"(0) : "memory");
            """),
        returns("zeroes over everything it can write", scribble("0", 0)));
  }

  /** Fills heap, window, the unused stack and the frame, and leaves through the gate. */
  static String scribble(String value, int result) {
    return """
    uint64_t heap_end;
    uint64_t heap = take_all_heap(&heap_end);
    uint64_t window = HL_INFORMATION->window, window_end = FRAME->window_end;
    uint64_t exit = gate_exit(), stack_end = address_of(FRAME) + 0x400, stack = stack_end - 0x30000;
    __asm__ volatile("mov %%[heap], %%%%rdi; mov %%[heap_end], %%%%rcx; sub %%%%rdi, %%%%rcx; rep stosb;"
                     "mov %%[window], %%%%rdi; mov %%[window_end], %%%%rcx; sub %%%%rdi, %%%%rcx; rep stosb;"
                     "mov %%[stack], %%%%rdi; mov %%[stack_end], %%%%rcx; sub %%%%rdi, %%%%rcx; rep stosb;"
                     "mov %%[result], %%%%eax; xor %%%%edx, %%%%edx; jmp *%%[exit]"
                     : : "a"(%s), [heap] "r"(heap), [heap_end] "r"(heap_end), [window] "r"(window),
                     [window_end] "r"(window_end), [stack] "r"(stack), [stack_end] "r"(stack_end),
                     [exit] "r"(exit), [result] "i"(%d)
                     : "rcx", "rdi", "rdx", "memory");
    """
        .formatted(value, result);
  }
}
