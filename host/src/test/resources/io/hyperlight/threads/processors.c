/* What threads can see of each other if they run at the same time. Each subject prints "ok" if nothing was wrong, and
   the numbers of what was. None of it depends on how fast a thread runs. */
#include <linux/membarrier.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <sys/mman.h>

enum { PAGE = 4096, THREADS = 4 };

static atomic_long wrong;
static atomic_int phase, answer;

static void count_wrong(int condition, const char *what)
{
    if (condition && atomic_fetch_add(&wrong, 1) < 5) {
        printf("wrong: %s\n", what);
    }
}

static void await(atomic_int *word, int value)
{
    while (atomic_load(word) != value) { }
}

/* Counters: a lost update shows. */

static long plain, by_spin, by_inheritance;
static atomic_long by_atomics;
static atomic_flag spin = ATOMIC_FLAG_INIT;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER, inheriting;

static void *counts(void *rounds)
{
    for (long i = 0; i < (long) rounds; i++) {
        atomic_fetch_add(&by_atomics, 1);
        pthread_mutex_lock(&mutex);
        plain++;
        pthread_mutex_unlock(&mutex);
        pthread_mutex_lock(&inheriting);
        by_inheritance++;
        pthread_mutex_unlock(&inheriting);
        while (atomic_flag_test_and_set(&spin)) {
            sched_yield();
        }
        by_spin++;
        atomic_flag_clear(&spin);
    }
    return NULL;
}

static void counters(long rounds)
{
    pthread_mutexattr_t attributes;
    pthread_t threads[THREADS];
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
    pthread_mutex_init(&inheriting, &attributes);
    for (int i = 0; i < THREADS; i++) {
        threads[i] = start(counts, (void *) rounds);
    }
    for (int i = 0; i < THREADS; i++) {
        result_of(threads[i]);
    }
    count_wrong(by_atomics != THREADS * rounds, "atomics");
    count_wrong(plain != THREADS * rounds, "mutex");
    count_wrong(by_inheritance != THREADS * rounds, "mutex with inheritance");
    count_wrong(by_spin != THREADS * rounds, "spin lock");
}

/* Changes of mappings: when the call has returned, no thread uses the old one. */

static char *volatile page;
static __thread sigjmp_buf jump;
static __thread volatile int expects;

static void faulted(int signal)
{
    if (!expects) {
        _exit(90 + signal % 8);
    }
    siglongjmp(jump, 1);
}

/* What the other thread does with the page, and what it may find after the change. */
enum change { UNMAP, READ_ONLY, NO_RIGHTS, ZEROS, MOVE, OTHER_PAGE, CHANGES };

static int touches(enum change change, int round)
{
    volatile char *at = page;
    if (sigsetjmp(jump, 1) != 0) {
        expects = 0;
        return -1;
    }
    expects = 1;
    int found = *at;
    if (change == READ_ONLY) {
        *at = (char) (round % 100 + 1);
    }
    expects = 0;
    return found;
}

static void *uses(void *argument)
{
    enum change change = (enum change) (long) argument;
    for (int round = 0; atomic_load(&phase) >= 0; round++) {
        int begin = 2 * round + 1;
        int now;
        while ((now = atomic_load(&phase)) != begin) {
            if (now < 0) {
                return NULL;
            }
        }
        touches(change, round);
        atomic_store(&answer, begin);
        while (atomic_load(&phase) == begin) {
            touches(change, round);
        }
        int found = touches(change, round);
        int expected = change == ZEROS ? 0 : change == OTHER_PAGE ? 77 : -1;
        count_wrong(found != expected, "an old mapping is still used");
        atomic_store(&answer, begin + 1);
    }
    return NULL;
}

static void changes(enum change change, int rounds)
{
    signal(SIGSEGV, faulted);
    signal(SIGBUS, faulted);
    atomic_store(&phase, 0);
    atomic_store(&answer, 0);
    pthread_t other = start(uses, (void *) (long) change);
    for (int round = 0; round < rounds; round++) {
        char *at = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        char *target = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        *at = (char) (round % 100 + 1);
        *target = 77;
        page = at;
        atomic_store(&phase, 2 * round + 1);
        await(&answer, 2 * round + 1);
        void *moved = NULL;
        switch (change) {
        case UNMAP: munmap(at, PAGE); break;
        case READ_ONLY: mprotect(at, PAGE, PROT_READ); break;
        case NO_RIGHTS: mprotect(at, PAGE, PROT_NONE); break;
        case ZEROS: madvise(at, PAGE, MADV_DONTNEED); break;
        case MOVE: moved = mremap(at, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target); break;
        case OTHER_PAGE: moved = mremap(target, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at); break;
        default: break;
        }
        count_wrong(moved == MAP_FAILED, "mremap");
        atomic_store(&phase, 2 * round + 2);
        await(&answer, 2 * round + 2);
        munmap(at, 2 * PAGE);
        munmap(target, PAGE);
    }
    atomic_store(&phase, -1);
    result_of(other);
}

/* Files: a store to a mapping is not lost while another thread writes to the file. */

static void *writes(void *file)
{
    char bytes[64] = {0};
    while (atomic_load(&phase) == 0) {
        if (pwrite((int) (long) file, bytes, sizeof bytes, PAGE / 2) != sizeof bytes) {
            atomic_fetch_add(&wrong, 1);
        }
        atomic_fetch_add(&answer, 1);
    }
    return NULL;
}

static void files(int rounds)
{
    int file = memfd_create("file", 0);
    MUST(ftruncate(file, PAGE));
    volatile long *word = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    pthread_t writer = start(writes, (void *) (long) file);
    for (long value = 1; atomic_load(&answer) < rounds * 100; value++) {
        *word = value;
        for (int i = 0; i < 100; i++) {
            count_wrong(*word != value, "a store to a mapped file");
        }
    }
    atomic_store(&phase, 1);
    result_of(writer);
}

/* First touches of the same pages by several threads. */

static char *area;
static pthread_barrier_t together;

static void *fills(void *number)
{
    long own = (long) number;
    for (int round = 0; round < 40; round++) {
        pthread_barrier_wait(&together);
        for (long at = own; at < 64 * PAGE; at += THREADS) {
            area[at]++;
        }
        pthread_barrier_wait(&together);
        if (own == 0) {
            for (long at = 0; at < 64 * PAGE; at++) {
                count_wrong(area[at] != 1, "a touched page");
            }
            munmap(area, 64 * PAGE);
            area = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        }
    }
    return NULL;
}

static void touch(void)
{
    pthread_t threads[THREADS];
    area = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    pthread_barrier_init(&together, NULL, THREADS);
    for (long i = 0; i < THREADS; i++) {
        threads[i] = start(fills, (void *) i);
    }
    for (int i = 0; i < THREADS; i++) {
        result_of(threads[i]);
    }
}

/* Signals to a thread that makes no system call. */

static atomic_int signals_seen, computes;

static void seen(int signal)
{
    (void) signal;
    atomic_fetch_add(&signals_seen, 1);
}

static void *computes_only(void *unused)
{
    double value = 1;
    (void) unused;
    atomic_store(&computes, 1);
    while (atomic_load(&computes)) {
        value = value * 0.5 + 1;
    }
    count_wrong(value < 1 || value > 2, "a register that a signal has changed");
    return NULL;
}

static void signals(int rounds)
{
    signal(SIGUSR1, seen);
    pthread_t other = start(computes_only, NULL);
    await(&computes, 1);
    for (int i = 1; i <= rounds; i++) {
        pthread_kill(other, SIGUSR1);
        await(&signals_seen, i);
    }
    atomic_store(&computes, 0);
    result_of(other);
}

/* membarrier(2): one side has only a barrier of the compiler. */

static volatile int first, second, saw_first, saw_second;
static atomic_int begun, ended;

static void *writes_first(void *rounds)
{
    for (int i = 1; i <= (int) (long) rounds; i++) {
        await(&begun, i);
        first = 1;
        atomic_signal_fence(memory_order_seq_cst);
        saw_second = second;
        atomic_fetch_add(&ended, 1);
    }
    return NULL;
}

static void barriers(int rounds)
{
    count_wrong(syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0) != 0, "registration");
    pthread_t other = start(writes_first, (void *) (long) rounds);
    for (int i = 1; i <= rounds; i++) {
        first = second = saw_first = saw_second = 0;
        atomic_store(&begun, i);
        second = 1;
        count_wrong(syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0) != 0, "membarrier");
        saw_first = first;
        await(&ended, i);
        count_wrong(!saw_first && !saw_second, "a store was not seen behind the barrier");
    }
    result_of(other);
}

/* Processors. */

static void affinity(void)
{
    cpu_set_t all, one, now;
    pthread_getaffinity_np(pthread_self(), sizeof all, &all);
    count_wrong(CPU_COUNT(&all) != sysconf(_SC_NPROCESSORS_ONLN), "the number of processors");
    for (int round = 0; round < 50; round++) {
        for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
            if (CPU_ISSET(cpu, &all)) {
                CPU_ZERO(&one);
                CPU_SET(cpu, &one);
                count_wrong(pthread_setaffinity_np(pthread_self(), sizeof one, &one) != 0, "setting");
                count_wrong(sched_getcpu() != cpu, "the processor");
                pthread_getaffinity_np(pthread_self(), sizeof now, &now);
                count_wrong(!CPU_EQUAL(&now, &one), "the set of processors");
            }
        }
    }
    pthread_setaffinity_np(pthread_self(), sizeof all, &all);
}

static void *moves(void *unused)
{
    affinity();
    return unused;
}

static void processors(void)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        threads[i] = start(moves, NULL);
    }
    for (int i = 0; i < THREADS; i++) {
        result_of(threads[i]);
    }
}

/* Two threads hand a number to and fro, and note on which processors they are. */
static atomic_int handed;
static atomic_ulong used;

static void *hands(void *own)
{
    for (int i = 0; i < 100; i++) {
        while (atomic_load(&handed) % 2 != (int) (long) own) {
            atomic_fetch_or(&used, 1ul << sched_getcpu());
        }
        atomic_fetch_add(&handed, 1);
    }
    return NULL;
}

static void *exits(void *unused)
{
    (void) unused;
    exit(7);
}

int main(int count, char **arguments)
{
    const char *subject = count > 1 ? arguments[1] : "";
    int rounds = count > 2 ? atoi(arguments[2]) : 1;
    if (strcmp(subject, "counters") == 0) {
        counters(rounds);
    } else if (strcmp(subject, "files") == 0) {
        files(rounds);
    } else if (strcmp(subject, "changes") == 0) {
        for (int change = 0; change < CHANGES; change++) {
            changes((enum change) change, rounds);
        }
    } else if (strcmp(subject, "touch") == 0) {
        touch();
    } else if (strcmp(subject, "signals") == 0) {
        signals(rounds);
    } else if (strcmp(subject, "barriers") == 0) {
        barriers(rounds);
    } else if (strcmp(subject, "processors") == 0) {
        processors();
    } else if (strcmp(subject, "hands") == 0) {
        pthread_t other = start(hands, (void *) 1);
        hands((void *) 0);
        result_of(other);
        printf("%lu\n", atomic_load(&used));
    } else if (strcmp(subject, "exit") == 0) {
        atomic_store(&computes, 1);
        for (int i = 0; i < THREADS; i++) {
            start(i == 2 ? exits : computes_only, NULL);
        }
        computes_only(NULL);
    }
    printf("%s\n", atomic_load(&wrong) == 0 ? "ok" : "wrong");
    return 0;
}
