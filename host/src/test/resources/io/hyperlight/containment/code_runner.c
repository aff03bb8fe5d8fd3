/* For CodeRunner. */

#include <hyperlight.h>

#define SIZE 8192

static uint8_t *code;
static _Alignas(4096) uint8_t operand[8192];

HL_EXPORT(void, prepare)
void prepare(void)
{
    register int64_t r10 __asm__("r10") = 0x22;
    register int64_t r8 __asm__("r8") = -1;
    register int64_t r9 __asm__("r9") = 0;
    int64_t place = 9;
    __asm__ volatile("syscall" : "+a"(place) : "D"(0), "S"(SIZE), "d"(7), "r"(r10), "r"(r8), "r"(r9)
        : "rcx", "r11", "memory");
    code = (uint8_t *)place;
    memset(code, 0xcc, SIZE);
}

HL_EXPORT(int64_t, code_address)
int64_t code_address(void) { return (int64_t)code; }

/* The place is the first byte's, so that instructions can end at a page's end or cross it. */
HL_EXPORT(int64_t, run, hl_bytes, int)
int64_t run(hl_bytes bytes, int place)
{
    for (size_t i = 0; i < bytes.size; i++) {
        code[(size_t)place + i] = ((const uint8_t *)bytes.data)[i];
    }
    int64_t result;
    register uint8_t *start __asm__("r11") = code + place;
    __asm__ volatile("push %%rbx; push %%rbp; mov %1, %%rsi; mov %%rsi, %%rdi; mov %%rsi, %%rbx; mov %%rsi, %%rbp;"
                     "mov $2, %%ecx; mov $0x70, %%edx; mov %%rsi, %%r8; mov %%rsi, %%r9; mov %%rsi, %%r10;"
                     "mov %%rsi, %%r12; mov %%rsi, %%r13; mov %%rsi, %%r14; mov %%rsi, %%r15; mov %%rsi, %%rax;"
                     "call *%%r11; pop %%rbp; pop %%rbx"
                     : "=a"(result) : "r"(operand + 2048), "r"(start)
                     : "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r12", "r13", "r14", "r15", "memory", "cc");
    return result;
}

HL_EXPORT(int, ping, int)
int ping(int number) { return number + 1; }
