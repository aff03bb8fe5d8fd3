/* For GuestAllocatorTest. */

#include <hyperlight.h>

enum { BLOCKS = 200 };

static struct { uint8_t *data; size_t size; uint8_t pattern; } blocks[BLOCKS];
static uint64_t state;

static uint64_t next(uint64_t bound)
{
    state += 0x9e3779b97f4a7c15u;
    uint64_t z = (state ^ state >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (z ^ z >> 31) % bound;
}

static size_t random_size(void)
{
    switch (next(8)) {
    case 0: return 0;
    case 1: return next(64 * 1024);
    case 2: return 1u << next(15);
    default: return next(300);
    }
}

static bool holds(const uint8_t *data, size_t size, uint8_t pattern)
{
    for (size_t i = 0; i < size; i++) {
        if (data[i] != (uint8_t)(pattern + i)) {
            return false;
        }
    }
    return true;
}

static void fill(int i, uint8_t *data, size_t size)
{
    blocks[i].data = data;
    blocks[i].size = size;
    blocks[i].pattern = (uint8_t)next(256);
    for (size_t k = 0; k < size; k++) {
        data[k] = (uint8_t)(blocks[i].pattern + k);
    }
}

#define CHECK(condition)                                                                                         \
    do {                                                                                                         \
        if (!(condition)) {                                                                                      \
            return hl_concat(HL_STR(#condition " in step "), hl_from_integer(step));                             \
        }                                                                                                        \
    } while (0)

/* Allocates, moves and frees; every block must keep what was put into it. Empty if all is well. */
HL_EXPORT(hl_string, churn, uint64_t, int)
hl_string churn(uint64_t seed, int steps)
{
    state = seed;
    for (int step = 0; step < steps; step++) {
        int i = (int)next(BLOCKS);
        size_t size = random_size();
        uint8_t *data = blocks[i].data;
        CHECK(data == NULL || holds(data, blocks[i].size, blocks[i].pattern));
        if (data == NULL && next(2) == 0) {
            data = calloc(1 + size / 8, 8);
            CHECK(data != NULL);
            for (size_t k = 0; k < size; k++) {
                CHECK(data[k] == 0);
            }
            fill(i, data, size);
        } else if (data == NULL) {
            data = malloc(size);
            CHECK(data != NULL);
            fill(i, data, size);
        } else if (next(3) == 0) {
            data = realloc(data, size);
            CHECK(data != NULL);
            size_t kept = size < blocks[i].size ? size : blocks[i].size;
            CHECK(holds(data, kept, blocks[i].pattern));
            fill(i, data, size);
        } else {
            free(data);
            blocks[i].data = NULL;
        }
        CHECK((uintptr_t)data % 16 == 0);
    }
    for (int step = 0; step < BLOCKS; step++) {
        CHECK(blocks[step].data == NULL || holds(blocks[step].data, blocks[step].size, blocks[step].pattern));
        free(blocks[step].data);
        blocks[step].data = NULL;
    }
    return HL_STR("");
}

struct link { struct link *next; };
static struct link *chain;

/* How many blocks of a size there are. They stay allocated until give_back. */
HL_EXPORT(int64_t, take_all, uint64_t)
int64_t take_all(uint64_t size)
{
    int64_t count = 0;
    struct link *link;
    while ((link = malloc(size)) != NULL) {
        link->next = chain;
        chain = link;
        count++;
    }
    return count;
}

HL_EXPORT(void, give_back)
void give_back(void)
{
    while (chain != NULL) {
        struct link *link = chain;
        chain = link->next;
        free(link);
    }
}

/* The linker puts common variables last: behind the allocator's own. Not one of these words is an address. */
uint64_t behind_the_allocator[64] __attribute__((common));

HL_EXPORT(void, set_traps)
void set_traps(void) { memset(behind_the_allocator, 0x77, sizeof behind_the_allocator); }

HL_EXPORT(bool, can_allocate, int64_t)
bool can_allocate(int64_t size)
{
    void *block = malloc((size_t)size);
    free(block);
    return block != NULL;
}

HL_EXPORT(bool, can_allocate_zeroed, int64_t, int64_t)
bool can_allocate_zeroed(int64_t count, int64_t size)
{
    void *block = calloc((size_t)count, (size_t)size);
    free(block);
    return block != NULL;
}

/* 1 if realloc refused and the block is what it was. */
HL_EXPORT(bool, failed_realloc_keeps_block, int64_t)
bool failed_realloc_keeps_block(int64_t size)
{
    fill(0, malloc(100), 100);
    void *moved = realloc(blocks[0].data, (size_t)size);
    bool kept = moved == NULL && holds(blocks[0].data, 100, blocks[0].pattern);
    free(blocks[0].data);
    blocks[0].data = NULL;
    return kept;
}

HL_EXPORT(bool, realloc_of_nothing_allocates)
bool realloc_of_nothing_allocates(void)
{
    free(NULL);
    uint8_t *block = realloc(NULL, 100);
    if (block == NULL) {
        return false;
    }
    fill(0, block, 100);
    free(block);
    blocks[0].data = NULL;
    return true;
}

static void *volatile victim;

HL_EXPORT(void, free_twice)
void free_twice(void)
{
    victim = malloc(10);
    free(victim);
    free(victim);
}

HL_EXPORT(void, realloc_of_freed)
void realloc_of_freed(void)
{
    victim = malloc(10);
    free(victim);
    victim = realloc(victim, 1000);
}

HL_EXPORT(void, free_of_inside)
void free_of_inside(void)
{
    victim = calloc(1, 100);
    free((char *)victim + 48);
}

HL_EXPORT(void, free_of_stack)
void free_of_stack(void)
{
    uint64_t words[8] = {0};
    victim = words + 4;
    free(victim);
}

/* ---- scratch memory ---- */

HL_EXPORT(int64_t, scratch, int64_t)
int64_t scratch(int64_t size) { return (int64_t)hl_scratch((size_t)size); }

HL_EXPORT(int64_t, scratch_behind, hl_bytes, int64_t)
int64_t scratch_behind(hl_bytes argument, int64_t size)
{
    char *block = hl_scratch((size_t)size);
    memset(block, 0xee, (size_t)size);
    for (size_t i = 0; i < argument.size; i++) {
        if (argument.data[i] != 0x11) {
            return -1;
        }
    }
    return block - (const char *)(argument.data + argument.size);
}

HL_EXPORT(int64_t, scratch_until_null, int64_t)
int64_t scratch_until_null(int64_t size)
{
    int64_t count = 0;
    char *before = NULL;
    char *block;
    while ((block = hl_scratch((size_t)size)) != NULL) {
        if ((uintptr_t)block % 16 != 0 || (before != NULL && block < before + size)) {
            return -1;
        }
        block[0] = block[size - 1] = 1;
        before = block;
        count++;
    }
    return count;
}

HL_EXPORT(hl_string, concat_too_much, hl_string)
hl_string concat_too_much(hl_string text)
{
    return hl_concat(text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text);
}
