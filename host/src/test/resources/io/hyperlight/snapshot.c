/* For SnapshotTest. */

#include <hyperlight.h>

HL_IMPORT(int, next_number)

static int counter;
static unsigned char *block;
static unsigned char pages[64][4096];

HL_EXPORT(void, warm_up)
void warm_up(void) { counter = 0; }

HL_EXPORT(int, count)
int count(void) { return ++counter; }

HL_EXPORT(int, host_number)
int host_number(void) { return next_number(); }

HL_EXPORT(void, print)
void print(void) { hl_print(HL_STR("x")); }

HL_EXPORT(uint64_t, allocate, uint64_t)
uint64_t allocate(uint64_t size)
{
    block = malloc(size);
    for (uint64_t i = 0; i < size; i += 4096) {
        block[i] = 1;
    }
    return (uint64_t)block;
}

HL_EXPORT(int, load, uint64_t)
int load(uint64_t address) { return *(volatile unsigned char *)address; }

HL_EXPORT(int, add_to_pages, int)
int add_to_pages(int n)
{
    int sum = 0;
    for (int i = 0; i < n; i++) {
        sum += ++pages[i][i];
    }
    return sum;
}

HL_EXPORT(hl_string, echo, hl_string)
hl_string echo(hl_string text) { return text; }

HL_EXPORT(void, fault)
void fault(void) { counter = 77; *(volatile int *)0 = 1; }

HL_EXPORT(void, give_up)
void give_up(void) { counter = 78; hl_abort(HL_STR("enough")); }
