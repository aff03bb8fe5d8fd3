/* For GrowthAfterRestoreTest. */

#include <hyperlight.h>

HL_IMPORT(int64_t, tick, int64_t)

static uint64_t *blocks[256];
static uint64_t sizes[256];
static int count;
static uint64_t state;

static uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

HL_EXPORT(void, keep, uint64_t)
void keep(uint64_t size)
{
    volatile char *block = malloc(size);
    for (uint64_t i = 0; i < size; i += 4096) {
        block[i] = 1;
    }
}

/* 0, or what is wrong. */
HL_EXPORT(int64_t, exercise, uint64_t, uint64_t)
int64_t exercise(uint64_t seed, uint64_t limit)
{
    uint64_t total = 0;
    int64_t ticks = 0;
    if (count != 0) {
        return 1;
    }
    state = seed;
    while (count < 256) {
        uint64_t size = (1 + next() % (next() % 4 == 0 ? 900 : 20)) * 4096;
        if (total + size > limit) {
            break;
        }
        total += size;
        uint64_t *block = next() & 1 ? malloc(size) : hl_scratch(size);
        blocks[count] = block;
        sizes[count++] = size / 8;
        if (next() % 3 == 0) {
            continue; /* mapped and never touched, but for its first and last word below */
        }
        for (uint64_t i = 0; i < size / 8; i += 512) {
            if (block[i] != 0) {
                return (int64_t)&block[i];
            }
            block[i] = (uint64_t)&block[i] ^ seed;
            if (i % (512 * 64) == 0 && tick(ticks) != ++ticks) {
                return 2;
            }
        }
        block[size / 8 - 1] = seed;
        sizes[count - 1] |= 1ul << 63;
    }
    for (int b = 0; b < count; b++) {
        uint64_t words = sizes[b] & ~(1ul << 63);
        if (words == sizes[b]) {
            continue;
        }
        for (uint64_t i = 0; i < words; i += 512) {
            if (blocks[b][i] != ((uint64_t)&blocks[b][i] ^ seed)) {
                return 3;
            }
        }
        if (blocks[b][words - 1] != seed) {
            return 4;
        }
    }
    return 0;
}

HL_EXPORT(void, fault)
void fault(void) { *(volatile int *)0 = 1; }
