/* Memory that is used here and there, as the memory of runtimes is. */
#include <setjmp.h>
#include <signal.h>
#include <sys/resource.h>

#define MIB (1l << 20)
#define GIB (1l << 30)

static const int sparse = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
static sigjmp_buf after_fault;

static void faulted(int signal, siginfo_t *info, void *context)
{
    siglongjmp(after_fault, signal * 16 + info->si_code);
}

static long load(volatile char *at)
{
    int fault = sigsetjmp(after_fault, 1);
    return fault ? -fault : *at;
}

static long store(volatile char *at, char value)
{
    int fault = sigsetjmp(after_fault, 1);
    if (!fault) {
        *at = value;
    }
    return -fault;
}

static int resident(char *from, long size)
{
    static unsigned char pages[1 << 16];
    int count = 0;
    if (mincore(from, size, pages) != 0) {
        return -1;
    }
    for (long i = 0; i < size >> 12; i++) {
        count += pages[i] & 1;
    }
    return count;
}

static long sum(char *from, long size)
{
    long total = 0;
    for (long i = 0; i < size; i++) {
        total += from[i];
    }
    return total;
}

/* A reservation of 6 GiB of which parts are committed, given back and committed again. */
static void heap(void)
{
    char *heap = mmap(NULL, 6 * GIB, PROT_NONE, sparse, -1, 0);
    R(heap != MAP_FAILED);
    tell("%ld\n", load(heap + GIB));
    R(mmap(heap, 64 * MIB, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == heap);
    tell("%d\n", resident(heap, 64 * MIB));
    for (long i = 0; i < 64 * MIB; i += 7 * MIB) {
        tell("%ld %ld %ld\n", load(heap + i), store(heap + i, 5), load(heap + i));
    }
    tell("%ld\n", load(heap + 64 * MIB));
    R(mmap(heap + 8 * MIB, 8 * MIB, PROT_NONE, sparse | MAP_FIXED, -1, 0) == heap + 8 * MIB);
    tell("%ld %ld %ld\n", load(heap + 7 * MIB), load(heap + 14 * MIB), load(heap + 21 * MIB));
    R(mmap(heap + 8 * MIB, 8 * MIB, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == heap + 8 * MIB);
    tell("%ld\n", load(heap + 14 * MIB));
    R(mprotect(heap, 6 * GIB, PROT_READ | PROT_WRITE));
    for (long i = 0; i < 6; i++) {
        tell("%ld %ld\n", store(heap + i * GIB + 12345, 1), load(heap + i * GIB + 12345));
    }
    R(mprotect(heap + GIB, 4 * MIB, PROT_READ));
    tell("%ld %ld %ld\n", load(heap + GIB + 3 * MIB), store(heap + GIB + 3 * MIB, 1), load(heap + GIB + 12345));
    R(munmap(heap + 2 * GIB, GIB));
    tell("%ld %ld\n", load(heap + 2 * GIB + 5), load(heap + 3 * GIB + 12345));
    R(madvise(heap, 2 * GIB, MADV_DONTNEED));
    tell("%ld %ld %ld\n", load(heap), load(heap + 7 * MIB), load(heap + GIB + 12345));
    tell("%d\n", resident(heap + 64 * MIB, 128 * MIB));
    R(munmap(heap, 6 * GIB));
}

/* Stacks of 8 MiB, of which the top is used. */
static void stacks(void)
{
    enum { COUNT = 100 };
    char *stack[COUNT];
    for (int i = 0; i < COUNT; i++) {
        stack[i] = mmap(NULL, 8 * MIB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
        R(mprotect(stack[i] + 4096, 8 * MIB - 4096, PROT_READ | PROT_WRITE));
        memset(stack[i] + 8 * MIB - 20000, i, 20000);
    }
    for (int i = 0; i < COUNT; i += 9) {
        tell("%ld %ld %ld\n", load(stack[i]), load(stack[i] + 4096), load(stack[i] + 8 * MIB - 1));
        R(madvise(stack[i] + 4096, 7 * MIB, MADV_DONTNEED));
    }
    for (int i = 0; i < COUNT; i++) {
        R(munmap(stack[i], 8 * MIB));
    }
}

/* System calls on memory that nobody has touched. */
static void calls(void)
{
    char *memory = mmap(NULL, 64 * MIB, 3, sparse, -1, 0);
    int ends[2];
    make("t", "some bytes of a file");
    int file = open("t", O_RDWR);
    R(read(file, memory + 5 * MIB - 3, 20));
    tell("%s\n", memory + 5 * MIB - 3);
    R(pwrite(file, memory + 9 * MIB, 10000, 4));
    R(pread(file, memory + 20 * MIB + 4000, 10004, 0));
    tell("%ld %d\n", sum(memory + 20 * MIB + 4000, 10004), memory[20 * MIB + 4003]);
    R(pipe(ends));
    R(write(ends[1], memory + 30 * MIB + 1, 70));
    R(read(ends[0], memory + 31 * MIB - 1, 3 * MIB));
    struct stat *status = (struct stat *)(memory + 40 * MIB - 8);
    R(stat("t", status));
    tell("%ld\n", (long)status->st_size);
    R(getcwd(memory + 41 * MIB - 2, 4096) != NULL);
    R(open(memory + 42 * MIB, O_RDONLY));
    R(mprotect(memory + 50 * MIB, MIB, PROT_READ));
    R(pread(file, memory + 50 * MIB - 5, 20, 0));
    R(pread(file, memory + 50 * MIB, 20, 0));
    R(munmap(memory, 64 * MIB));
}

/* A signal handler on a stack that was never touched. */
static void on_other_stack(int signal, siginfo_t *info, void *context)
{
    char here[10000];
    memset(here, signal, sizeof here);
    tell("%d %ld\n", signal, sum(here, sizeof here));
}

static void signals(void)
{
    stack_t stack = {mmap(NULL, 4 * MIB, 3, sparse | MAP_STACK, -1, 0), 0, 4 * MIB};
    struct sigaction action = {.sa_sigaction = on_other_stack, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    R(sigaltstack(&stack, NULL));
    R(sigaction(SIGUSR1, &action, NULL));
    R(raise(SIGUSR1));
    stack.ss_flags = SS_DISABLE;
    R(sigaltstack(&stack, NULL));
    R(munmap(stack.ss_sp, 4 * MIB));
}

/* Parts of a large file, which is read where it is touched. */
static void large_file(void)
{
    int file = open("large", O_RDWR | O_CREAT | O_TRUNC, 0600);
    for (long i = 0; i < 6 * MIB; i += 4096) {
        R(pwrite(file, &i, 8, i) == 8 ? 0 : -1);
    }
    char *map = mmap(NULL, 7 * MIB, 3, MAP_PRIVATE, file, 0);
    char *other = mmap(NULL, 4 * MIB, PROT_READ, MAP_SHARED, file, 2 * MIB);
    for (long i = 0; i < 7 * MIB; i += MIB - 4096) {
        tell("%ld ", load(map + i) < 0 ? load(map + i) : *(long *)(map + i));
    }
    R(store(map + 3 * MIB, 77));
    long changed = 0x55;
    for (long at = 0; at < 6 * MIB; at += MIB / 2) {
        R(pwrite(file, &changed, 1, at + 1));
    }
    for (long at = 0; at < 6 * MIB; at += MIB / 2) {
        tell("%lx %lx\n", *(long *)(map + at), at < 2 * MIB ? 0 : *(long *)(other + at - 2 * MIB));
    }
    char *moved = mremap(map + 2 * MIB, 3 * MIB, 5 * MIB, MREMAP_MAYMOVE);
    tell("%lx %lx %ld\n", *(long *)moved, *(long *)(moved + MIB), load(moved + 5 * MIB - 4096));
    R(madvise(moved, 4 * MIB, MADV_DONTNEED));
    tell("%lx %lx\n", *(long *)moved, *(long *)(moved + MIB));
    R(mprotect(moved, 4 * MIB, PROT_NONE));
    R(mprotect(moved, 4 * MIB, PROT_READ));
    tell("%lx\n", *(long *)(moved + 3 * MIB));
    R(ftruncate(file, 3 * MIB));
    tell("%ld %ld\n", load(moved), load(moved + 2 * MIB));
    R(ftruncate(file, 5 * MIB));
    tell("%ld %ld\n", load(moved), load(moved + 2 * MIB));
    R(munmap(moved, 5 * MIB));
    R(munmap(map, 7 * MIB));
    R(munmap(other, 4 * MIB));
}

/* Blocks that grow by mremap, as those of realloc do. */
static void growth(void)
{
    long size = MIB;
    char *block = mmap(NULL, size, 3, sparse, -1, 0);
    for (int i = 0; i < 5; i++) {
        store(block + size - 1, i + 1);
        block = mremap(block, size, 2 * size, MREMAP_MAYMOVE);
        size *= 2;
        tell("%ld %ld\n", load(block + size / 2 - 1), load(block + size - 1));
    }
    char *left = mremap(block, size, size, MREMAP_MAYMOVE | 4 /* DONTUNMAP */, 0);
    tell("%d %ld %ld\n", left != MAP_FAILED, load(block + size / 2 - 1), load(left + size / 2 - 1));
    R(munmap(left, size));
    R(munmap(block, size));
}

/* Locked memory is touched. */
static void locks(void)
{
    struct rlimit limit = {4 * MIB, 4 * MIB};
    char *memory = mmap(NULL, 16 * MIB, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    R(setrlimit(RLIMIT_MEMLOCK, &limit));
    R(mlock(memory + 4 * MIB + 5, 2 * MIB - 5));
    tell("%d\n", resident(memory + 4 * MIB, 2 * MIB));
    R(munlock(memory + 4 * MIB, 2 * MIB));
    R(mlock(memory, 5 * MIB));
    R(mlock(memory, 0));
    R(mlock(memory, -1ul));
    R(mlock2(memory + 9 * MIB, MIB, MLOCK_ONFAULT));
    tell("%d\n", resident(memory + 9 * MIB, MIB));
    R(mlock2(memory, MIB, 2));
    R(mprotect(memory + 12 * MIB, MIB, PROT_NONE));
    R(mlock(memory + 12 * MIB, 4096));
    R(munmap(memory + 12 * MIB, MIB));
    R(mlock(memory + 12 * MIB - 4096, 8192));
    R(munlock(memory + 12 * MIB - 4096, 8192));
    R(munlock(memory, 12 * MIB));
    R(mlockall(0));
    R(mlockall(8));
    R(mlockall(MCL_ONFAULT));
    R(mlockall(MCL_CURRENT));
    R(munlockall());
    limit.rlim_cur = 0;
    R(setrlimit(RLIMIT_MEMLOCK, &limit));
    R(mlock(memory, 4096));
    R(mlockall(MCL_FUTURE));
}

static void run(void)
{
    struct sigaction action = {.sa_sigaction = faulted, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    heap();
    stacks();
    calls();
    signals();
    large_file();
    growth();
    char *go = mmap((void *)0xc000000000, 64 * MIB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    R(go == (char *)0xc000000000);
    R(mmap(go, 64 * MIB, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == go);
    tell("%ld %ld %d\n", store(go + 33 * MIB, 1), load(go + 33 * MIB), resident(go, 4 * MIB));
    R(madvise(go, 64 * MIB, MADV_HUGEPAGE) <= 0);
    R(madvise(go + 33 * MIB, 64 << 10, MADV_DONTNEED));
    tell("%ld\n", load(go + 33 * MIB));
    char *all = mmap(NULL, 4 * MIB, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    tell("%d\n", load(all + 3 * MIB) == 0);
    tell("%d\n", mmap(NULL, 1l << 46, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
    tell("%d\n", mmap(NULL, 1l << 40, PROT_NONE, sparse, -1, 0) != MAP_FAILED);
    locks();
}
