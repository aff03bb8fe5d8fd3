/* Random sequences of calls over large mappings, of which few pages are touched. What each touched page shows is told. */
#include <setjmp.h>
#include <signal.h>

enum { ROUNDS = 6, STEPS = 300, BLOCKS = 48 };

/* Blocks of 512 KiB: a call takes some of them, and a touch one page at one of their edges. */
#define BLOCK (512l << 10)

static char *const arena = (char *)0x20000000000;
static uint64_t state;
static sigjmp_buf after_fault;

static unsigned below(unsigned end)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % end;
}

static void faulted(int signal, siginfo_t *info, void *context)
{
    siglongjmp(after_fault, signal * 16 + info->si_code);
}

static long load(volatile char *at)
{
    int fault = sigsetjmp(after_fault, 1);
    return fault ? -fault : *at;
}

static long store(volatile char *at, int value)
{
    int fault = sigsetjmp(after_fault, 1);
    if (fault) {
        return -fault;
    }
    *at = value;
    return *at;
}

/* Which blocks are mapped: Linux moves a range with holes since 6.17 only. */
static bool mapped[BLOCKS];

static void set_mapped(char *at, long size, bool now)
{
    for (long i = 0; i < size / BLOCK; i++) {
        mapped[(at - arena) / BLOCK + i] = now;
    }
}

static bool is_mapped(char *at, long size)
{
    for (long i = 0; i < size / BLOCK; i++) {
        if (!mapped[(at - arena) / BLOCK + i]) {
            return false;
        }
    }
    return true;
}

static const int places[] = {0, 4096, 32768, 36864, 262144, 524288 - 4096, 524288 - 1, 100000};

static char *place(void)
{
    return arena + below(BLOCKS) * BLOCK + places[below(8)];
}

static unsigned long look_at_all(void)
{
    unsigned long hash = 5381;
    for (int i = 0; i < BLOCKS; i++) {
        for (int j = 0; j < 8; j += 1 + below(3)) {
            hash = hash * 33 + load(arena + i * BLOCK + places[j]);
        }
    }
    return hash;
}

static void step(int file, int pipe_read, int pipe_write)
{
    static const int rights[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE};
    char *at = arena + below(BLOCKS) * BLOCK;
    long size = (1 + below(8)) * BLOCK;
    int right = rights[below(4)];
    long limit = arena + BLOCKS * BLOCK - at;
    size = size < limit ? size : limit;
    int what = below(13);
    if (what <= 3) {
        set_mapped(at, size, what < 3);
    }
    switch (what) {
    case 0:
    case 1:
        tell("map %d\n", mmap(at, size, right, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) == at);
        break;
    case 2:
        tell("file %d\n", mmap(at, size, right, MAP_PRIVATE | MAP_FIXED, file, size % 5 * BLOCK) == at);
        break;
    case 3:
        R(munmap(at, size));
        break;
    case 4:
        R(mprotect(at, size, right));
        break;
    case 5:
        R(madvise(at, size, MADV_DONTNEED));
        break;
    case 6:
        at += places[below(6)] / 4096 * 4096;
        size = (1 + below(20)) * 4096;
        R(madvise(at, size, MADV_DONTNEED));
        break;
    case 7: {
        char *to = arena + below(BLOCKS - 8) * BLOCK;
        bool apart = to + size <= at || at + size <= to;
        if (apart && is_mapped(at, size)) {
            tell("move %d\n", mremap(at, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
            set_mapped(at, size, false);
            set_mapped(to, size, true);
        }
        break;
    }
    case 8:
    case 9: {
        char *there = place();
        long offset = below(6) * BLOCK + below(5000);
        long bytes = below(20000);
        R(what == 8 ? pwrite(file, there, bytes, offset) : pread(file, there, bytes, offset));
        break;
    }
    case 10: {
        char *from = (char *)((long)place() & -4096);
        long sent = write(pipe_write, from, 1 + below(5000));
        tell("sent %ld\n", sent);
        if (sent > 0) {
            char *to = (char *)((long)place() & -4096);
            long got = read(pipe_read, to, sent);
            tell("got %ld\n", got);
            char rest[5000];
            if (got < sent) {
                tell("rest %ld\n", (long)read(pipe_read, rest, sizeof rest));
            }
        }
        break;
    }
    default:
        for (int i = below(6); i >= 0; i--) {
            char *there = place();
            int write = below(2), value = below(100);
            tell("%ld ", write ? store(there, value) : load(there));
        }
        tell("\n");
    }
}

static void run(void)
{
    struct sigaction action = {.sa_sigaction = faulted, .sa_flags = SA_SIGINFO | SA_NODEFER};
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    int ends[2];
    R(pipe(ends));
    for (int round = 0; round < ROUNDS; round++) {
        state = 12345 + round;
        int file = open("random", O_RDWR | O_CREAT | O_TRUNC, 0600);
        for (long i = 0; i < 8 * BLOCK; i += 4096) {
            char value = i / 4096 % 100 + 1;
            if (pwrite(file, &value, 1, i) != 1) {
                tell("cannot write\n");
            }
        }
        for (int i = 0; i < STEPS; i++) {
            step(file, ends[0], ends[1]);
            if (i % 10 == 0) {
                tell("%d %lx\n", i, look_at_all());
            }
        }
        set_mapped(arena, BLOCKS * BLOCK, false);
        R(munmap(arena, BLOCKS * BLOCK));
        R(close(file));
    }
}
