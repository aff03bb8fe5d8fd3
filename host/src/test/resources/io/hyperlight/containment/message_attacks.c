/* For MessageAttacks. */

HL_IMPORT(int64_t, wait_until_stopped, int64_t)
HL_EXPORT(int64_t, length_of, hl_string)
HL_EXPORT(hl_bytes, registers)
HL_EXPORT(void, take_time, uint64_t)

int64_t length_of(hl_string text) { return (int64_t)text.size; }

static volatile uint64_t stolen[1024] __attribute__((aligned(4096), used)) = {0x1111111111111111};
static struct hl_value message_arguments[2];

/* How long the guest computes after a message: long enough, and the host has taken it. */
static volatile uint64_t time_taken;
void take_time(uint64_t rounds) { time_taken = rounds; }

static inline __attribute__((always_inline)) void message(uint64_t number, uint64_t rdi, uint64_t rsi)
{
    volatile uint64_t *frame = (volatile uint64_t *)FRAME;
    frame[0x350 / 8] = rdi;
    frame[0x358 / 8] = rsi;
    frame[0x348 / 8] = number;
    __asm__ volatile("mfence" ::: "memory");
    frame[0x340 / 8] = frame[0x300 / 8];
    for (volatile uint64_t i = time_taken; i > 0; i--) { }
}

/* Runs in a later call, if anything of this guest does: takes its argument, and answers for it. */
__attribute__((used)) void stowaway(void)
{
    volatile uint64_t *frame = (volatile uint64_t *)FRAME;
    stolen[1] = frame[0x200 / 8];
    message(HL_CALL_DONE, 0xbad, 0);
    for (;;) { }
}

/* All general registers and the flags, as a function finds them. */
uint64_t registers_found[32];
__attribute__((naked)) hl_bytes registers(void)
{
    __asm__("mov %rax, registers_found(%rip); pushfq; popq registers_found+8(%rip)\n"
            "mov %rbx, registers_found+16(%rip); mov %rcx, registers_found+24(%rip)\n"
            "mov %rdx, registers_found+32(%rip); mov %rsi, registers_found+40(%rip)\n"
            "mov %rdi, registers_found+48(%rip); mov %rbp, registers_found+56(%rip)\n"
            "mov %r8, registers_found+64(%rip); mov %r9, registers_found+72(%rip)\n"
            "mov %r10, registers_found+80(%rip); mov %r11, registers_found+88(%rip)\n"
            "mov %r12, registers_found+96(%rip); mov %r13, registers_found+104(%rip)\n"
            "mov %r14, registers_found+112(%rip); mov %r15, registers_found+120(%rip)\n"
            "mov %rsp, registers_found+128(%rip)\n"
            "lea registers_found(%rip), %rax; mov $256, %edx; ret");
}

/* Leaves something in every general register and flag, and returns. */
HL_EXPORT(void, leave_registers)
__attribute__((naked)) void leave_registers(void)
{
    __asm__("mov $0x5ec1, %ebp; mov %rbp, %rbx; mov %rbp, %r10; mov %rbp, %r11; mov %rbp, %r12\n"
            "mov %rbp, %r13; mov %rbp, %r14; mov %rbp, %r15; mov %rbp, %rcx; mov %rbp, %rdx\n"
            "mov %rbp, %rsi; mov %rbp, %rdi; mov %rbp, %r8; mov %rbp, %r9\n"
            "push $0x244cd7; popfq; ret");
}
