/* Measurements without a VM: copies, and the cheapest system call. */
#include "floor.h"

#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LARGE = 64 << 20, BATCH = 64 };

/* Allocates memory and touches it. */
static uint8_t *allocate(size_t size)
{
    uint8_t *memory = aligned_alloc(PAGE, size);
    if (memory == NULL) {
        fail("aligned_alloc");
    }
    memset(memory, 1, size);
    return memory;
}

/* Makes the compiler assume that the memory is read. */
static void use(const void *memory)
{
    __asm__ volatile("" : : "r"(memory) : "memory");
}

/* Measures copies of a number of pages. A sample is the mean of a batch, because the clock is too coarse for one copy. */
long copy_pages(int64_t *samples, long count, long pages)
{
    size_t size = (size_t)pages * PAGE;
    uint8_t *from = allocate(size);
    uint8_t *to = allocate(size);
    for (long i = 0; i < count; i++) {
        int64_t start = now();
        for (int k = 0; k < BATCH; k++) {
            memcpy(to, from, size);
            use(to);
        }
        samples[i] = (now() - start) / BATCH;
    }
    free(from);
    free(to);
    return count;
}

/* Measures a copy of 64 MiB. */
long copy_large(int64_t *samples, long count, long unused)
{
    (void)unused;
    uint8_t *from = allocate(LARGE);
    uint8_t *to = allocate(LARGE);
    for (long i = 0; i < count; i++) {
        int64_t start = now();
        memcpy(to, from, LARGE);
        use(to);
        samples[i] = now() - start;
    }
    free(from);
    free(to);
    return count;
}

/* Measures two copies of 64 MiB, and the sum of the bytes between them. */
long sum_large(int64_t *samples, long count, long unused)
{
    (void)unused;
    uint8_t *from = allocate(LARGE);
    uint8_t *inside = allocate(LARGE);
    uint8_t *to = allocate(LARGE);
    for (long i = 0; i < count; i++) {
        int64_t start = now();
        memcpy(inside, from, LARGE);
        uint64_t sum = 0;
        for (size_t k = 0; k < LARGE; k++) {
            sum += inside[k];
        }
        use(&sum);
        memcpy(to, inside, LARGE);
        use(to);
        samples[i] = now() - start;
    }
    free(from);
    free(inside);
    free(to);
    return count;
}

/* Measures getppid(2). A sample is the mean of a batch. */
long process_id(int64_t *samples, long count, long unused)
{
    (void)unused;
    for (long i = 0; i < count; i++) {
        int64_t start = now();
        for (int k = 0; k < BATCH; k++) {
            syscall(SYS_getppid);
        }
        samples[i] = (now() - start) / BATCH;
    }
    return count;
}
