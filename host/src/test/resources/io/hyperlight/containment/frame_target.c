/* For FrameTarget. */

#include <hyperlight.h>

#define MAX_STEPS 24

HL_IMPORT(void, take_small, bool, signed char, short, unsigned char, unsigned short)
HL_IMPORT(void, take_large, int, long, unsigned, unsigned long)
HL_IMPORT(double, take_floats, float, double)
HL_IMPORT(hl_string, take_texts, hl_string, hl_bytes, hl_string)
HL_IMPORT(hl_bytes, give_bytes, unsigned char)
HL_IMPORT(void, fail)

static uint8_t area[16384] __attribute__((aligned(4096)));

HL_EXPORT(int64_t, area_address)
int64_t area_address(void) { return (int64_t)area; }

HL_EXPORT(int, ping, int)
int ping(int number) { return number + 1; }

/* Behind the call in the gate: where results are moved, before mov $HL_CALL_DONE, %eax. */
static uint64_t gate_exit(void)
{
    const volatile uint8_t *at = (const volatile uint8_t *)0x10000;
    while (at[0] != 0xb8 || *(const volatile uint32_t *)(at + 1) != HL_CALL_DONE) {
        at++;
    }
    return (uint64_t)at - 11;
}

static void leave(uint64_t rax, uint64_t rdx, uint64_t xmm0)
{
    __asm__ volatile("movq %%rsi, %%xmm0; jmp *%%rcx"
                     : : "a"(rax), "d"(rdx), "S"(xmm0), "c"(gate_exit()) : "memory");
}

static void call_host(uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
    __asm__ volatile("syscall" : "+a"(number), "+d"(c) : "D"(a), "S"(b) : "rcx", "r8", "r11", "memory");
}

struct step { uint64_t kind, a, b, c; };

static void run(hl_bytes script)
{
    const struct step *step = (const struct step *)area;
    memcpy(area, script.data, script.size);
    for (size_t i = 0; i < MAX_STEPS; i++, step++) {
        switch (step->kind) {
            case 0: *(volatile uint64_t *)step->a = step->b; break;
            case 1: call_host(HL_CALL_HOST, step->a, step->b, step->c); break;
            case 2: leave(step->a, step->b, step->c); break;
            default: call_host(step->kind, step->a, step->b, step->c);
        }
    }
}
