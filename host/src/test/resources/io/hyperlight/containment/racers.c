/* For RacedAttacksTest. Threads that go on while another one attacks: they compute, write, make system calls, change
   mappings, and wait. They need no C library. */

enum { CLONE = 56, EXIT = 60, FUTEX = 202, SCHED_YIELD = 24, GETPID = 39 };

static volatile uint64_t raced[4];
static uint32_t never;

static void race_in_memory(void)
{
    for (;;) {
        for (int i = 0; i < 1000; i++) {
            raced[0] += (uint64_t)i * raced[0];
        }
        FRAME->integer_arguments[5] = raced[0];
    }
}

static void race_in_calls(void)
{
    for (;;) {
        raced[1] += (uint64_t)system_call(GETPID, 0, 0, 0);
        system_call(SCHED_YIELD, 0, 0, 0);
        system_call(1000, raced[1], 0, 0);
    }
}

static void race_in_mappings(void)
{
    for (;;) {
        uint64_t at = (uint64_t)system_call6(MMAP, 0, 4 * PAGE, 3, 0x22, -1ul, 0);
        if (at < USER_END) {
            store(at + PAGE);
            raced[2]++;
            system_call(MUNMAP, at, 4 * PAGE, 0);
        }
    }
}

static void race_by_waiting(void)
{
    for (;;) {
        system_call4(FUTEX, (uint64_t)&never, 0, 0, 0);
    }
}

static int64_t start_racer(void (*code)(void), uint64_t stack)
{
    int64_t thread;
    ((uint64_t *)stack)[-2] = (uint64_t)code;
    /* CLONE_VM, FS, FILES, SIGHAND, THREAD, SYSVSEM */
    __asm__ volatile("syscall; test %%eax, %%eax; jnz 1f; xor %%ebp, %%ebp; call *(%%rsp); ud2; 1:"
                     : "=a"(thread)
                     : "a"(CLONE), "D"(0x50f00), "S"(stack - 16), "d"(0)
                     : "rcx", "r8", "r10", "r11", "memory");
    return thread;
}

HL_EXPORT(int64_t, start_racers)
int64_t start_racers(void)
{
    static void (*const racers[])(void) = {race_in_memory, race_in_calls, race_in_mappings, race_by_waiting};
    for (int i = 0; i < 4; i++) {
        uint64_t stack = (uint64_t)system_call6(MMAP, 0, 4 * PAGE, 3, 0x22, -1ul, 0) + 4 * PAGE;
        if (start_racer(racers[i], stack) < 0) {
            return -1;
        }
    }
    while (raced[1] < 10 || raced[2] < 10) {
        system_call(SCHED_YIELD, 0, 0, 0);
    }
    return 4;
}
