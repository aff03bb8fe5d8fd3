/* For ServedRegistersTest. */

#include <immintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint8_t before[32 * 64] __attribute__((aligned(64))), after[32 * 64] __attribute__((aligned(64)));
static char request[64];
static uint32_t mxcsr = 0x3f80, mxcsr_after;
static uint16_t x87 = 0x0b7f, x87_after;

#define EACH_16(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
#define LOAD(n) "movups " #n "*64(%%rbx), %%xmm" #n "\n"
#define STORE(n) "movups %%xmm" #n ", " #n "*64(%%rdx)\n"
#define LOAD_Y(n) "vmovups " #n "*64(%%rbx), %%ymm" #n "\n"
#define STORE_Y(n) "vmovups %%ymm" #n ", " #n "*64(%%rdx)\n"
#define READ(load, store) \
    __asm__ volatile("ldmxcsr mxcsr\n fldcw x87\n" EACH_16(load) \
                     "xor %%eax, %%eax\n xor %%edi, %%edi\n lea request, %%rsi\n mov $64, %%edx\n syscall\n" \
                     "lea after, %%rdx\n" EACH_16(store) "stmxcsr mxcsr_after\n fnstcw x87_after\n" \
                     : : "b"(before) : "rax", "rcx", "rdx", "rsi", "rdi", "r11", "memory")

int main(void)
{
    size_t width = __builtin_cpu_supports("avx") ? 32 : 16;
    for (size_t i = 0; i < sizeof before; i++) {
        before[i] = (uint8_t)(i * 7 + 1);
    }
    if (width == 32) {
        READ(LOAD_Y, STORE_Y);
    } else {
        READ(LOAD, STORE);
    }
    int same = 0;
    for (int n = 0; n < 16; n++) {
        same += memcmp(before + n * 64, after + n * 64, width) == 0;
    }
    uint32_t initial = 0x1f80;
    __asm__ volatile("ldmxcsr %0" : : "m"(initial));
    printf("%s: %d registers, %x, %x\n", request, same, mxcsr_after, x87_after);
}
