/* Random sequences of calls over mappings of files: what each page shows is told after each. */
#include <setjmp.h>
#include <signal.h>

enum { PAGES = 40, FILES = 3, FILE_PAGES = 10, ROUNDS = 10, STEPS = 150 };

static char *const arena = (char *)0x10000000000;
static uint64_t state;
static sigjmp_buf after_fault;
static int writers[FILES];
static int readers[FILES];
static int unmapped;

static unsigned below(unsigned end)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % end;
}

static void faulted(int signal, siginfo_t *info, void *context)
{
    siglongjmp(after_fault, signal * 16 + info->si_code);
}

/* What reading a page shows: a hash of its contents, or the signal. */
static unsigned long look_at(volatile char *page)
{
    int fault = sigsetjmp(after_fault, 0);
    if (fault) {
        return fault;
    }
    unsigned long hash = 5381;
    for (int i = 0; i < 4096; i += 16) {
        hash = hash * 33 + (unsigned char)page[i];
    }
    return hash * 33 + (unsigned char)page[4095];
}

static unsigned long look_at_all(void)
{
    unsigned long hash = 5381;
    for (int i = 0; i < PAGES; i++) {
        hash = hash * 31 + look_at(arena + i * 4096);
    }
    return hash;
}

static long store(volatile char *at)
{
    int fault = sigsetjmp(after_fault, 0);
    if (fault) {
        return fault;
    }
    ++*at;
    return 0;
}

static void open_file(int number)
{
    char name[] = "m0";
    name[1] += number;
    close(writers[number]);
    close(readers[number]);
    if (below(2)) {
        unlink(name);
    }
    writers[number] = open(name, O_RDWR | O_CREAT, 0644);
    readers[number] = open(name, O_RDONLY);
    static char bytes[FILE_PAGES * 4096];
    for (int i = 0; i < FILE_PAGES * 4096; i++) {
        bytes[i] = below(251);
    }
    if (ftruncate(writers[number], 0) || pwrite(writers[number], bytes, below(sizeof bytes), 0) < 0) {
        tell("cannot make %s\n", name);
    }
}

static long step(const char **name)
{
    static const int protections[] = {PROT_NONE, PROT_READ, PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE};
    int first = below(PAGES);
    int count = 1 + below(PAGES - first < 8 ? PAGES - first : 8);
    char *at = arena + first * 4096;
    size_t size = (size_t)count * 4096;
    int protection = protections[below(5)];
    int number = below(FILES);
    int target = below(PAGES);
    static char bytes[10000];
    for (int i = 0; i < 10000; i += 1 + below(40)) {
        bytes[i] = below(256);
    }
    switch (below(18)) {
    case 0:
        *name = "anonymous";
        return (long)mmap(at, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    case 1:
    case 2:
    case 3:
        *name = "private";
        return (long)mmap(at, size, protection, MAP_PRIVATE | MAP_FIXED, readers[number], below(FILE_PAGES) * 4096);
    case 4:
    case 5:
        *name = "shared";
        return (long)mmap(at, size, protection, MAP_SHARED | MAP_FIXED, readers[number], below(FILE_PAGES) * 4096);
    case 6:
        *name = "shared anonymous";
        return (long)mmap(at, size, protection, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    case 7:
        *name = "munmap";
        return munmap(at, size);
    case 8:
    case 9:
        *name = "mprotect";
        return mprotect(at, size, protection);
    case 10:
        *name = "madvise";
        return madvise(at, size, MADV_DONTNEED);
    case 11:
        *name = "mremap to";
        if (target == first || target + count > PAGES || (target < first && target + count > first)) {
            return 0;
        }
        return (long)mremap(at, 4096, size, MREMAP_MAYMOVE | MREMAP_FIXED, arena + target * 4096);
    case 12:
        *name = "mremap";
        return (long)mremap(at, 4096, size, 0);
    case 13:
        *name = "shrink";
        return (long)mremap(at, size, 4096 * (1 + below(count)), 0);
    case 14:
        *name = "pwrite";
        return pwrite(writers[number], bytes, below(sizeof bytes), below(FILE_PAGES * 4096));
    case 15:
        *name = "ftruncate";
        return ftruncate(writers[number], below(FILE_PAGES * 4096));
    case 16:
        *name = "store";
        return store(at + below(4096)) | store(at + size - 1 - below(4096));
    default:
        switch (below(4)) {
        case 0:
            *name = "open";
            open_file(number);
            return 0;
        case 1:
            *name = "pwrite from it";
            return pwrite(unmapped, at + below(4096), below(8192), 0);
        case 2:
            *name = "pread to it";
            return pread(writers[number], at + below(4096), below(8192), below(FILE_PAGES * 4096));
        default:
            *name = "msync";
            return msync(at, size, MS_SYNC);
        }
    }
}

static void run(void)
{
    struct sigaction action = {.sa_sigaction = faulted, .sa_flags = SA_SIGINFO | SA_NODEFER};
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    unmapped = open("unmapped", O_RDWR | O_CREAT, 0644);
    R(ftruncate(unmapped, 10000));
    for (int round = 1; round <= ROUNDS; round++) {
        state = round;
        mmap(arena, PAGES * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        for (int i = 0; i < FILES; i++) {
            open_file(i);
        }
        for (int i = 0; i < STEPS; i++) {
            const char *name = "";
            errno = 0;
            long result = step(&name);
            if (result == -1) {
                result = -errno;
            }
            tell("%d.%d %s: %ld %lx\n", round, i, name, result, look_at_all());
        }
        munmap(arena, PAGES * 4096);
    }
}
