/* For SnapshotGuest. */

#include <hyperlight.h>

HL_IMPORT(int, next_number)

static int counter = 40;
static unsigned char *block;
static unsigned char pages[64][4096];
static const int table[] = {3, 1, 4, 1, 5};
static const int *volatile constants = table;

HL_EXPORT(int, add, int, int)
int add(int a, int b) { return a + b; }

HL_EXPORT(int, count)
int count(void) { return ++counter; }

HL_EXPORT(int, constant, int)
int constant(int i) { return constants[i]; }

HL_EXPORT(int, host_number)
int host_number(void) { return next_number(); }

HL_EXPORT(bool, allocate, uint64_t)
bool allocate(uint64_t size)
{
    block = malloc(size);
    for (uint64_t i = 0; block && i < size; i += 4096) {
        block[i] = (unsigned char)(i / 4096 % 255 + 1);
    }
    return block;
}

HL_EXPORT(int, in_block, uint64_t)
int in_block(uint64_t i) { return block[i]; }

HL_EXPORT(void, touch, int)
void touch(int page) { pages[page][page] = 1; }

HL_EXPORT(void, clear, int)
void clear(int page) { pages[page][page] = 0; }

HL_EXPORT(uint64_t, length, hl_string)
uint64_t length(hl_string text) { return text.size; }

HL_EXPORT(void, set_registers, uint32_t, uint32_t, int64_t, int64_t)
void set_registers(uint32_t mxcsr, uint32_t x87, int64_t fs, int64_t gs)
{
    uint16_t control = (uint16_t)x87;
    __asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
    __asm__ volatile("fldcw %0" : : "m"(control));
    __asm__ volatile("wrfsbase %0; wrgsbase %1" : : "r"(fs), "r"(gs));
}

HL_EXPORT(hl_bytes, registers)
hl_bytes registers(void)
{
    static uint64_t all[4];
    uint32_t mxcsr;
    uint16_t control;
    __asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
    __asm__ volatile("fnstcw %0" : "=m"(control));
    all[0] = mxcsr & ~0x3fu;
    all[1] = control;
    __asm__ volatile("rdfsbase %0" : "=r"(all[2]));
    __asm__ volatile("rdgsbase %0" : "=r"(all[3]));
    return (hl_bytes){(uint8_t *)all, sizeof all};
}

HL_EXPORT(void, fault)
void fault(void) { *(volatile int *)0 = 1; }
