/* The guest of the benchmarks. */
#include <hyperlight.h>

HL_IMPORT(int, twice, int)

HL_EXPORT(int, add, int, int)
int add(int a, int b)
{
    return (int)((unsigned)a + (unsigned)b);
}

HL_EXPORT(hl_string, echo, hl_string)
hl_string echo(hl_string text)
{
    return text;
}

HL_EXPORT(hl_bytes, echo_bytes, hl_bytes)
hl_bytes echo_bytes(hl_bytes bytes)
{
    return bytes;
}

HL_EXPORT(int, ask, int)
int ask(int number)
{
    return twice(number);
}

enum { PAGE = 4096 };

/* Writes a word to each of a number of pages. The first call that needs so many pages allocates them. */
HL_EXPORT(int, touch, int)
int touch(int count)
{
    static volatile int *pages;
    static int allocated;
    if (count > allocated) {
        uintptr_t area = (uintptr_t)malloc(((size_t)count + 1) * PAGE);
        if (area == 0) {
            hl_abort(HL_STR("no memory for the pages"));
        }
        pages = (volatile int *)((area + PAGE - 1) / PAGE * PAGE);
        allocated = count;
    }
    for (int i = 0; i < count; i++) {
        pages[i * (PAGE / (int)sizeof *pages)]++;
    }
    return count;
}

/* Takes bytes without reading them. */
HL_EXPORT(uint64_t, take, hl_bytes)
uint64_t take(hl_bytes bytes)
{
    return bytes.size;
}

/* Returns bytes that later calls use again. */
HL_EXPORT(hl_bytes, give, int)
hl_bytes give(int size)
{
    static uint8_t *bytes;
    static int allocated;
    if (size > allocated) {
        bytes = malloc((size_t)size);
        if (bytes == NULL) {
            hl_abort(HL_STR("no memory for the bytes"));
        }
        memset(bytes, 1, (size_t)size);
        allocated = size;
    }
    return (hl_bytes){bytes, (size_t)size};
}

/* Sums all bytes and returns them. */
HL_EXPORT(hl_bytes, sum_and_return, hl_bytes)
hl_bytes sum_and_return(hl_bytes bytes)
{
    uint64_t total = 0;
    for (size_t i = 0; i < bytes.size; i++) {
        total += bytes.data[i];
    }
    /* The compiler must assume that the sum is read. */
    __asm__ volatile("" : : "r"(total));
    return bytes;
}

HL_EXPORT(void, spin)
void spin(void)
{
    for (;;) {
        __asm__ volatile("");
    }
}
