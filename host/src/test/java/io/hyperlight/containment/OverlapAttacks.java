package io.hyperlight.containment;

import static io.hyperlight.containment.Attack.faults;
import static io.hyperlight.containment.Attack.returns;
import static io.hyperlight.error.GuestFaultException.Kind.MEMORY_ACCESS;
import static io.hyperlight.error.GuestFaultException.Kind.PROTECTION;
import static io.hyperlight.error.GuestFaultException.Kind.PROTOCOL_VIOLATION;

import java.util.List;
import java.util.Set;

/**
 * Structures that overlap, so that what the host writes changes what it has yet to read. Examples
 * are a table of buffers that is one of the buffers, arguments in the place of the result, old and
 * new value at one address, and a call frame that a system call fills.
 */
final class OverlapAttacks {
  private OverlapAttacks() {}

  static List<Attack> all() {
    return List.of(
        returns(
            "a table of buffers that is read into itself",
            """
            uint64_t table[64];
            for (int i = 0; i < 32; i++) {
                table[2 * i] = address_of(table);
                table[2 * i + 1] = sizeof table;
            }
            return system_call(READV, 0, address_of(table), 32) != 0;
            """),
        returns(
            "a table of buffers that is written from itself",
            """
            uint64_t table[64];
            for (int i = 0; i < 32; i++) {
                table[2 * i] = address_of(table) + (uint64_t)i;
                table[2 * i + 1] = sizeof table - (uint64_t)i;
            }
            return system_call(WRITEV, 1, address_of(table), 32) <= 0;
            """),
        returns(
            "a table of buffers that are larger than all addresses together",
            """
            uint64_t table[4] = {GATE, 1ul << 63, GATE, 1ul << 63};
            if (system_call(WRITEV, 1, address_of(table), 2) != -22) {
                return 1;
            }
            table[1] = table[3] = (1ul << 63) - 1;
            int64_t second = system_call(WRITEV, 1, address_of(table), 2);
            return second != -22 && second != -14;
            """),
        returns(
            "a table of more buffers than there may be",
            """
            return system_call(WRITEV, 1, GATE, 1025) != -22 || system_call(WRITEV, 1, GATE, -1ul) != -22
                   || system_call(READV, 0, GATE, 1ul << 32) != -22;
            """),
        returns(
            "a table of buffers that ends behind memory",
            """
            uint64_t edge = take_heap_page() + PAGE;
            return system_call(WRITEV, 1, edge - 8, 1) != -14 || system_call(WRITEV, 1, edge - 16, 2) != -14;
            """),
        returns(
            "arguments of a host call where its result goes",
            """
            char *place = hl_scratch(64);
            struct hl_value *arguments = (struct hl_value *)place;
            for (int i = 0; i < 100; i++) {
                memcpy(place + 16, "text", 4);
                arguments->first = (uint64_t)(place + 16);
                arguments->second = 4;
                FRAME->window_next = (uint64_t)place;
                if (system_call(HL_CALL_HOST, NUMBER_OF(echo), (uint64_t)place, 0) != 0) {
                    return 1;
                }
            }
            """),
        returns(
            "arguments of a host call that are each other",
            """
            struct hl_value arguments[2];
            arguments[0].first = arguments[1].first = address_of(arguments);
            arguments[0].second = 0;
            arguments[1].second = sizeof arguments;
            return system_call(HL_CALL_HOST, NUMBER_OF(join), address_of(arguments), 0) != 0;
            """),
        returns(
            "arguments of a host call in the call frame",
            """
            struct hl_value *argument = (struct hl_value *)(address_of(FRAME) + 0x100);
            argument->first = 21;
            return system_call(HL_CALL_HOST, NUMBER_OF(twice), (uint64_t)argument, 0) != 0;
            """),
        faults(
            "random bytes over the end of the window",
            PROTOCOL_VIOLATION,
            """
            system_call(GETRANDOM, address_of(&FRAME->window_next), 8, 0);
            echo(HL_STR("text"));
            """),
        faults(
            "the time over the end of the window",
            PROTOCOL_VIOLATION,
            """
            system_call(CLOCK_GETTIME, 0, address_of(&FRAME->window_next), 0);
            echo(HL_STR("text"));
            """),
        faults(
            "random bytes over its own stack",
            Set.of(MEMORY_ACCESS, PROTECTION),
            """
            uint64_t here = address_of(__builtin_frame_address(0));
            __asm__ volatile("syscall; mov %0, %%rsp; ret"
                             : : "r"(here), "a"(GETRANDOM), "D"(here), "S"(64), "d"(0)
                             : "rcx", "r11", "memory");
            """),
        returns(
            "random bytes over the call frame's arguments and target",
            """
            system_call(GETRANDOM, address_of(FRAME), 0x280, 0);
            """),
        returns(
            "old and new signal mask at one address",
            """
            uint64_t mask = -1ul;
            if (system_call4(SIGPROCMASK, 0, address_of(&mask), address_of(&mask), 8) != 0 || mask != 0) {
                return 1;
            }
            return system_call4(SIGPROCMASK, 2, address_of(&mask), address_of(&mask) + 4, 8) != 0;
            """),
        returns(
            "old and new signal handler at one address",
            """
            uint64_t action[4] = {1, 0x04000000, NON_CANONICAL, -1ul};
            for (int i = 0; i < 10; i++) {
                if (system_call4(SIGACTION, 10, address_of(action), address_of(action), 8) != 0) {
                    return 1;
                }
            }
            """),
        returns(
            "old and new signal stack at one address",
            """
            uint64_t stack[3] = {take_heap_page(), 0, PAGE};
            for (int i = 0; i < 10; i++) {
                int64_t result = system_call(SIGALTSTACK, address_of(stack), address_of(stack), 0);
                if (result != 0 && result != -12) {
                    return 1;
                }
            }
            """),
        returns(
            "a sleep that writes what remains over what was asked",
            """
            uint64_t time[2] = {0, 1};
            for (int i = 0; i < 10; i++) {
                if (system_call(NANOSLEEP, address_of(time), address_of(time), 0) != 0) {
                    return 1;
                }
            }
            """),
        returns(
            "descriptors to wait for that lie over each other",
            """
            uint64_t descriptors[4] = {0x0000000500000001, 0x0000000500000001, 0x0000000500000001, 0};
            for (uint64_t offset = 0; offset < 8; offset++) {
                int64_t result = system_call(POLL, address_of(descriptors) + offset, 3, 0);
                if (result < -40 || result > 3) {
                    return (int64_t)offset + 1;
                }
            }
            """),
        returns(
            "a memory mapping moved over itself",
            """
            uint64_t place = (uint64_t)system_call6(MMAP, 0, 4 * PAGE, 3, 0x22, -1ul, 0);
            *(volatile uint64_t *)(place + PAGE) = 42;
            for (uint64_t by = 0; by < 4; by++) {
                if (system_call6(MREMAP, place, 4 * PAGE, 4 * PAGE, 3, place + by * PAGE, 0) != -22) {
                    return (int64_t)by + 1;
                }
            }
            return *(volatile uint64_t *)(place + PAGE) != 42;
            """),
        faults(
            "taking its own code away",
            MEMORY_ACCESS,
            """
            uint64_t page = address_of((void *)ping) & -PAGE;
            for (uint64_t at = page - 64 * PAGE; at < page + 64 * PAGE; at += PAGE) {
                system_call(MUNMAP, at, PAGE, 0);
            }
            """),
        faults(
            "zeros over its own code",
            MEMORY_ACCESS,
            """
            uint64_t page = address_of((void *)ping) & -PAGE;
            for (uint64_t at = page - 64 * PAGE; at < page + 64 * PAGE; at += PAGE) {
                system_call6(MMAP, at, PAGE, 3, 0x32, -1ul, 0);
            }
            """),
        returns(
            "the host's pages taken away, protected, moved, dropped and replaced",
            """
            const uint64_t pages[] = {0, PAGE, GATE, INFORMATION, address_of(FRAME) & -PAGE, HL_INFORMATION->window,
                                      MONITOR, MONITOR + PAGE, MONITOR + 4 * PAGE, USER_END, NON_CANONICAL, -PAGE};
            for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
                for (uint64_t size = PAGE; size != 0; size <<= 4) {
                    if (i < 2 && size < GATE) {
                        continue; /* nothing is there, and nothing happens */
                    }
                    if (system_call(MUNMAP, pages[i], size, 0) >= 0 || system_call(MPROTECT, pages[i], size, 7) >= 0
                        || system_call(MPROTECT, pages[i], size, 0) >= 0
                        || system_call(MADVISE, pages[i], size, 4) >= 0
                        || system_call6(MREMAP, pages[i], size, size + PAGE, 1, 0, 0) >= 0
                        || system_call6(MMAP, pages[i], size, 3, 0x32, -1ul, 0) >= 0) {
                        return (int64_t)(i * 100 + 1);
                    }
                }
            }
            """));
  }
}
