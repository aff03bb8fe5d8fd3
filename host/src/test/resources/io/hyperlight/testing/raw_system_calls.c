/* For RawSystemCalls. */

#include <hyperlight.h>

static uint8_t area[16384] __attribute__((aligned(4096)));

HL_EXPORT(int64_t, area_address)
int64_t area_address(void) { return (int64_t)area; }

HL_EXPORT(int64_t, system_call, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t)
int64_t system_call(int64_t n, int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f)
{
    register int64_t r10 __asm__("r10") = d;
    register int64_t r8 __asm__("r8") = e;
    register int64_t r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "+a"(n), "+D"(a), "+S"(b), "+d"(c), "+r"(r10), "+r"(r8), "+r"(r9)
                     : : "rcx", "r11", "rbx", "r12", "r13", "r14", "r15", "memory");
    return n;
}

HL_EXPORT(int, peek, int64_t)
int peek(int64_t address) { return *(volatile uint8_t *)address; }

HL_EXPORT(void, poke, int64_t, int)
void poke(int64_t address, int value) { *(volatile uint8_t *)address = (uint8_t)value; }

HL_EXPORT(int, jump, int64_t)
int jump(int64_t address) { return ((int (*)(void))address)(); }

/* mov $42, %eax; ret */
HL_EXPORT(void, put_code, int64_t)
void put_code(int64_t address)
{
    static const uint8_t code[] = {0xb8, 42, 0, 0, 0, 0xc3};
    for (unsigned i = 0; i < sizeof code; i++) {
        ((volatile uint8_t *)address)[i] = code[i];
    }
}
