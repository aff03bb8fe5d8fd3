/* For LeftRegistersTest. */

#include <stdint.h>

static uint8_t area[16384] __attribute__((aligned(64), used)), image[4096] __attribute__((aligned(64), used));
static uint8_t tiles[64] __attribute__((aligned(64), used)) = {1, [16] = 16, [48] = 4};
static uint64_t found[32] __attribute__((used));
static uint32_t mxcsr = 0x1f80;

static uint64_t hash(const uint8_t *bytes, int size)
{
    uint64_t h = 14695981039346656037ul;
    for (int i = 0; i < size; i++) {
        h = (h ^ bytes[i]) * 1099511628211ul;
    }
    return h;
}

/* The instructions that find it all, in one piece: nothing comes before them. */
#define FIND \
    "mov %%ds, %%eax; mov %%rax, found(%%rip); mov %%es, %%eax; mov %%rax, found+8(%%rip)\n" \
    "mov %%fs, %%eax; mov %%rax, found+16(%%rip); mov %%gs, %%eax; mov %%rax, found+24(%%rip)\n" \
    "pushfq; popq found+32(%%rip); rdgsbase %%rax; mov %%rax, found+40(%%rip)\n" \
    "mov $-1, %%eax; mov $-1, %%edx; xsave64 area(%%rip)\n"

static void finish_finding(int keys, int has_tiles)
{
    uint32_t pkru = 0, high;
    if (keys) {
        __asm__ volatile(".byte 0x0f, 0x01, 0xee" : "=a"(pkru), "=d"(high) : "c"(0));
    }
    found[6] = pkru;
    static uint8_t stored[64] __attribute__((aligned(64)));
    if (has_tiles) {
        __asm__ volatile(".byte 0xc4, 0xe2, 0x79, 0x49, 0x00" : : "a"(stored) : "memory");
    }
    found[7] = hash(stored, 64);
    found[8] = hash(area, 512);
    *(uint64_t *)(area + 512) = 0; /* which components are not initial: what they hold says more */
    found[9] = hash(area + 512, sizeof area - 512);
    found[4] &= 0x2c7700; /* not the arithmetic flags */
}

/* Leaves something in all of it. FS last: what follows has no thread-local storage. */
static inline __attribute__((always_inline)) void leave_all(int selector, int keys, int has_tiles)
{
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    for (int i = 0; i < 2688; i++) {
        image[i] = (uint8_t)(i * 3 + 1);
    }
    for (int i = 512; i < 576; i++) {
        image[i] = 0;
    }
    *(uint64_t *)(image + 512) = low & 0xe7;
    *(uint16_t *)image = 0x0b7f;
    *(uint16_t *)(image + 2) = 0x3800;
    *(uint32_t *)(image + 24) = 0x7fbf;
    *(uint32_t *)(image + 28) = 0;
    *(uint64_t *)(image + 8) = 0x123456;
    *(uint64_t *)(image + 16) = 0x654321;
    __asm__ volatile("mov $-1, %%eax; mov $-1, %%edx; xrstor64 image(%%rip)" : : : "eax", "edx", "memory");
    if (has_tiles) {
        __asm__ volatile(".byte 0xc4, 0xe2, 0x78, 0x49, 0x00" : : "a"(tiles) : "memory");
    }
    if (keys) {
        __asm__ volatile(".byte 0x0f, 0x01, 0xef" : : "a"(0x55555550), "c"(0), "d"(0) : "memory");
    }
    __asm__ volatile("mov %0, %%ds; mov %0, %%es; mov %0, %%gs; movabs $0x123456789000, %%rax; wrgsbase %%rax\n"
                     "mov %0, %%fs; movabs $0x12345678a000, %%rax; wrfsbase %%rax\n"
                     "pushfq; orq $0x240400, (%%rsp); popfq"
                     : : "r"(selector) : "rax", "memory", "cc");
}
