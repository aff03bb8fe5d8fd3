/* For HostileGuest. */

#include <hyperlight.h>

#define GATE 0x10000ul
#define INFORMATION 0x11000ul
#define USER_STUB 0x10800ul
#define MONITOR 0xffff800000000000ul
#define USER_END 0x7ffffffff000ul
#define NON_CANONICAL 0x800000000000ul
#define PAGE 4096ul
#define ENOSYS 38
#define ASM(text) __asm__ volatile(text ::: "memory")
#define FRAME (HL_INFORMATION->frame)

enum {
    READ = 0, WRITE = 1, POLL = 7, MMAP = 9, MPROTECT = 10, MUNMAP = 11, BRK = 12, SIGACTION = 13,
    SIGPROCMASK = 14, READV = 19, WRITEV = 20, MREMAP = 25, MADVISE = 28, DUP = 32, NANOSLEEP = 35, KILL = 62,
    SIGALTSTACK = 131, CLOCK_GETTIME = 228, GETRANDOM = 318
};

HL_IMPORT(int64_t, twice, int64_t)
HL_IMPORT(hl_string, echo, hl_string)
HL_IMPORT(void, join, hl_string, hl_bytes)
HL_IMPORT(void, take_flag, bool)
HL_IMPORT(void, take_unsigned, uint64_t)
HL_IMPORT(hl_bytes, zeroes, int)
HL_IMPORT(void, fail)

extern const struct hl_function __start_hyperlight_functions[] __attribute__((visibility("hidden")));
#define NUMBER_OF(function) ((uint64_t)(&hl_function_##function - __start_hyperlight_functions))

static inline void load(uint64_t address)
{
    __asm__ volatile("mov (%0), %%al" : : "r"(address) : "rax", "memory");
}

static inline void store(uint64_t address)
{
    __asm__ volatile("movb $1, (%0)" : : "r"(address) : "memory");
}

static inline void execute(uint64_t address)
{
    __asm__ volatile("" : "+r"(address));
    ((void (*)(void))address)();
}

static inline int64_t system_call(uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
    __asm__ volatile("syscall" : "+a"(number), "+d"(c) : "D"(a), "S"(b) : "rcx", "r8", "r11", "memory");
    return (int64_t)number;
}

static inline int64_t system_call6(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
                                   uint64_t f)
{
    register uint64_t fourth __asm__("r10") = d;
    register uint64_t fifth __asm__("r8") = e;
    register uint64_t sixth __asm__("r9") = f;
    __asm__ volatile("syscall" : "+a"(number), "+d"(c), "+r"(fifth) : "D"(a), "S"(b), "r"(fourth), "r"(sixth)
        : "rcx", "r11", "memory");
    return (int64_t)number;
}

static inline int64_t system_call4(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    return system_call6(number, a, b, c, d, 0, 0);
}

/* A byte that is a complete function, for places where code must not run. */
static uint8_t ret_in_data[16] __attribute__((unused)) = {0xc3};
static const uint8_t ret_in_constants[16] __attribute__((unused)) = {0xc3};

static inline uint64_t address_of(const volatile void *object)
{
    uint64_t address = (uint64_t)object;
    __asm__ volatile("" : "+r"(address));
    return address;
}

/* Moves the program break as far up as it goes; returns where it began. */
static inline uint64_t take_all_heap(uint64_t *end)
{
    uint64_t start = (uint64_t)system_call(BRK, 0, 0, 0);
    uint64_t at = start;
    for (uint64_t step = 1ul << 30; step >= PAGE; step /= 2) {
        while ((uint64_t)system_call(BRK, at + step, 0, 0) == at + step) {
            at += step;
        }
    }
    *end = at;
    return start;
}

static inline uint64_t take_heap_page(void)
{
    uint64_t start = (uint64_t)system_call(BRK, 0, 0, 0);
    system_call(BRK, start + PAGE, 0, 0);
    return start;
}

/* Where the gate leaves at the end of a call: syscall or out, behind mov $HL_CALL_DONE, %eax. */
static inline uint64_t gate_system_call(void)
{
    const volatile uint8_t *at = (const volatile uint8_t *)GATE;
    while (at[0] != 0xb8 || *(const volatile uint32_t *)(at + 1) != HL_CALL_DONE) {
        at++;
    }
    return (uint64_t)at + 5;
}

/* What follows the call in the gate: moving the results and leaving. */
static inline uint64_t gate_exit(void)
{
    return gate_system_call() - 36;
}

HL_EXPORT(int, ping, int)
int ping(int number)
{
    return number + 1;
}
