package io.hyperlight.containment;

import static io.hyperlight.containment.Attack.returns;

import java.util.List;

/**
 * Takes as much of everything as there is, and then uses what was left. The maximum number of
 * mappings takes seconds and is left to {@code MemoryCallsTest}.
 */
final class ExhaustionAttacks {
  private ExhaustionAttacks() {}

  static List<Attack> all() {
    return List.of(
        returns(
            "all descriptors",
            """
            int64_t last = 0;
            for (int i = 0; i < 100000 && last >= 0; i++) {
                last = system_call(DUP, 1, 0, 0);
            }
            return last != -24 || system_call(WRITE, 1, GATE, 1) != 1;
            """),
        returns(
            "all addresses",
            """
            int64_t last = 0;
            int count = 0;
            for (uint64_t size = 1ul << 46; size >= 1ul << 30; size >>= 1) {
                while ((last = system_call6(MMAP, 0, size, 0, 0x22, -1ul, 0)) >= 0 && count < 100000) {
                    count++;
                }
            }
            return last != -12 || ping(1) != 2;
            """),
        returns(
            "all memory for page tables",
            """
            int64_t last = 0;
            uint64_t count = 0;
            while ((last = system_call6(MMAP, (1ul << 41) + (count << 30), PAGE, 3, 0x32, -1ul, 0)) >= 0
                   && count < 16384) {
                *(volatile uint64_t *)last = count++;
            }
            if (last != -12) {
                return 1;
            }
            for (uint64_t i = 0; i < count; i++) {
                if (*(volatile uint64_t *)((1ul << 41) + (i << 30)) != i) {
                    return 2;
                }
            }
            return system_call(MUNMAP, 1ul << 41, 1ul << 45, 0) != 0;
            """),
        returns(
            "all memory, again and again",
            """
            for (int round = 0; round < 20; round++) {
                uint64_t first = 0;
                for (uint64_t size = 1ul << 30; size >= PAGE; size >>= 1) {
                    int64_t place;
                    while ((place = system_call6(MMAP, 0, size, 3, 0x22, -1ul, 0)) >= 0) {
                        *(volatile uint64_t *)place = first;
                        ((volatile uint64_t *)place)[1] = size;
                        first = (uint64_t)place;
                    }
                }
                if (first == 0) {
                    return round + 1;
                }
                while (first != 0) {
                    uint64_t next = *(volatile uint64_t *)first;
                    if (system_call(MUNMAP, first, ((volatile uint64_t *)first)[1], 0) != 0) {
                        return -1;
                    }
                    first = next;
                }
            }
            """),
        returns(
            "output without end",
            """
            uint64_t end, start = take_all_heap(&end);
            uint64_t size = end - start < 1 << 20 ? end - start : 1 << 20;
            for (int i = 0; i < 64; i++) {
                if (system_call(WRITE, (uint64_t)(1 + i % 2), start, size) <= 0) {
                    return 1;
                }
            }
            """),
        returns(
            "a log without end",
            """
            uint64_t end, start = take_all_heap(&end);
            for (int i = 0; i < 50; i++) {
                if (system_call(HL_CALL_LOG, HL_TRACE, start, end - start) != 0) {
                    return 1;
                }
            }
            """),
        returns(
            "results of host functions until the window is full",
            """
            hl_bytes bytes = {0, 0};
            int count = 0;
            while (try_zeroes(&bytes, 100000) && count < 100000) {
                count++;
            }
            hl_bytes last = {0, 0};
            return count == 0 || count == 100000 || bytes.size != 100000 || try_zeroes(&last, 100000);
            """),
        returns(
            "failing host functions again and again",
            """
            for (int i = 0; i < 200; i++) {
                if (try_fail(0)) {
                    return 1;
                }
            }
            """),
        returns(
            "signals by the thousand while all are blocked",
            """
            uint64_t mask = -1ul;
            system_call4(SIGPROCMASK, 0, address_of(&mask), 0, 8);
            for (uint64_t i = 0; i < 1000; i++) {
                uint64_t signal = 10 + i % 3;
                if (signal != 11 && system_call(KILL, 1, signal, 0) != 0) {
                    return 1;
                }
            }
            """),
        returns(
            "processes, threads, sockets and pipes",
            """
            const uint64_t numbers[] = {22, 41, 53, 56, 57, 58, 59, 213, 282, 293, 319, 435};
            for (int round = 0; round < 5; round++) {
                for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
                    if (system_call(numbers[i], 0, 0, 0) >= 0) {
                        return (int64_t)numbers[i];
                    }
                }
            }
            """),
        returns(
            "timers",
            """
            uint32_t made = 0, last = 0;
            uint64_t mask = -1ul;
            system_call4(SIGPROCMASK, 0, address_of(&mask), 0, 8);
            uint64_t soon[] = {0, 1, 0, 1}, event[8] = {0, 64};
            while (system_call(222, 1, (uint64_t)event, address_of(&last)) == 0 && made < 100000) {
                system_call4(223, last, 0, (uint64_t)soon, 0);
                made++;
            }
            if (made > 1024) {
                return made;
            }
            /* All signals are blocked, also that of an alarm every microsecond. */
            uint64_t micro[] = {0, 1, 0, 1};
            system_call(38, 0, (uint64_t)micro, 0);
            for (int i = 0; i < 1000; i++) {
                system_call(39, 0, 0, 0);
            }
            """));
  }
}
