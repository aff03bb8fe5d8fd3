/* Changes mappings in requests that may be ended anywhere, and says in others whether they are what they were. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096L
#define DENSE ((char *)0x100000000000)
#define SPARSE ((char *)0x200000000000)
#define TARGET ((char *)0x300000000000)
#define PAGES 200L
#define GAP 3

static sigjmp_buf out;

static void caught(int signal)
{
    siglongjmp(out, signal);
}

static int can_read(volatile long *at)
{
    return sigsetjmp(out, 1) ? 0 : (*at, 1);
}

static int can_write(volatile long *at)
{
    return sigsetjmp(out, 1) ? 0 : (at[1] = 1, 1);
}

static void map(char *at)
{
    if (mmap(at, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != at) {
        exit(1);
    }
}

/* Neighbours differ in their rights, so that each is a range of its own. */
static void prepare(void)
{
    for (long i = 0; i < PAGES; i++) {
        map(DENSE + i * PAGE);
        map(SPARSE + i * GAP * PAGE);
        *(long *)(DENSE + i * PAGE) = i + 1;
        *(long *)(SPARSE + i * GAP * PAGE) = -i - 1;
        if (i % 2) {
            mprotect(DENSE + i * PAGE, PAGE, PROT_READ);
        }
    }
}

static int change(char what)
{
    long dense = PAGES * PAGE, sparse = PAGES * GAP * PAGE;
    switch (what) {
    case 'u':
        return munmap(SPARSE, sparse) | munmap(DENSE, dense);
    case 'p':
        return mprotect(DENSE, dense, PROT_READ | PROT_WRITE);
    case 'n':
        return mprotect(DENSE, dense, PROT_NONE);
    case 'm':
        return mremap(DENSE, dense, dense, MREMAP_MAYMOVE | MREMAP_FIXED, TARGET) == TARGET ? 0 : -1;
    case 'o':
        return mmap(SPARSE, sparse, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == SPARSE ? 0 : -1;
    case 'd':
        return madvise(DENSE, dense, MADV_DONTNEED);
    case 'b': { /* more than one table of new memory, in pieces that were free */
        munmap(SPARSE, sparse);
        return mmap(TARGET, 3 * dense, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == TARGET ? 0 : -1;
    }
    }
    return -1;
}

/* How many things are not as they were prepared. */
static long wrong(void)
{
    long found = 0;
    for (long i = 0; i < PAGES; i++) {
        long *dense = (long *)(DENSE + i * PAGE), *sparse = (long *)(SPARSE + i * GAP * PAGE);
        found += !can_read(dense) || *dense != i + 1 || dense[1] != 0;
        found += can_write(dense) != (i % 2 == 0);
        found += !can_read(sparse) || *sparse != -i - 1 || sparse[1] != 0;
        found += !can_write(sparse) || can_read((long *)((char *)sparse + PAGE));
        found += can_read((long *)(TARGET + i * PAGE));
    }
    /* All the memory that is left is zeros, and nobody else's. */
    long more = 0;
    while (mmap(TARGET + more * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED) {
        long *page = (long *)(TARGET + more++ * PAGE);
        found += *page != 0;
        *page = 1000000;
    }
    found += more < 2 * PAGES;
    for (long i = 0; i < PAGES; i++) {
        found += *(long *)(DENSE + i * PAGE) != i + 1 || *(long *)(SPARSE + i * GAP * PAGE) != -i - 1;
    }
    found += munmap(TARGET, more * PAGE) != 0;
    return found;
}

int main(void)
{
    signal(SIGSEGV, caught);
    prepare();
    for (;;) {
        char request[16] = "", answer[40];
        int size = read(0, request, sizeof request - 1);
        while (read(0, request + size, sizeof request - 1 - size) > 0) {}
        long result = request[0] == '?' ? wrong() : change(request[0]);
        int length = snprintf(answer, sizeof answer, "%ld", result);
        if (write(1, answer, length) != length) {
            return 1;
        }
    }
}
