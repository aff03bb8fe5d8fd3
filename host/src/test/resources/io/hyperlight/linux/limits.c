#include <sys/uio.h>

/* Resource limits: what can be asked for, and what they do. */

static void *const BAD = (void *)8;

static const int ids[] = {0, -1, NOBODY, INT_MIN};

static void changes(void)
{
    /* So low that it is a change, and so high that the program goes on. */
    static const rlim_t lower[RLIM_NLIMITS] = {
        [RLIMIT_CPU] = 1000, [RLIMIT_FSIZE] = 1 << 20, [RLIMIT_DATA] = 1 << 28, [RLIMIT_STACK] = 1 << 18,
        [RLIMIT_RSS] = 1 << 20, [RLIMIT_NOFILE] = 64, [RLIMIT_AS] = 1 << 30, [RLIMIT_LOCKS] = 10,
        [RLIMIT_SIGPENDING] = 100, [RLIMIT_MSGQUEUE] = 10, [RLIMIT_RTTIME] = 1000,
    };
    for (int resource = -1; resource < RLIM_NLIMITS + 2; resource++) {
        struct rlimit limit, found;
        errno = 0;
        long result = getrlimit(resource, &limit);
        printf("get %d: %s\n", resource, outcome(result));
        if (result != 0) {
            limit = (struct rlimit){0};
            SHOW(setrlimit(resource, &limit));
            SHOW(syscall(SYS_prlimit64, 0, resource, NULL, &limit));
            SHOW(syscall(SYS_prlimit64, 0, resource, NULL, NULL));
            continue;
        }
        SHOW(setrlimit(resource, &limit));
        SHOW(syscall(SYS_getrlimit, resource, BAD));
        SHOW(syscall(SYS_setrlimit, resource, BAD));
        rlim_t maximum = limit.rlim_max;
        limit.rlim_cur = lower[resource];
        SHOW(setrlimit(resource, &limit));
        getrlimit(resource, &found);
        printf("now %d max kept %d\n", (int)found.rlim_cur, found.rlim_max == maximum);
        limit.rlim_cur = limit.rlim_max;
        SHOW(setrlimit(resource, &limit));
        getrlimit(resource, &found);
        printf("at most %d\n", found.rlim_cur == maximum);
        limit.rlim_cur = lower[resource];
        limit.rlim_max = lower[resource];
        SHOW(syscall(SYS_prlimit64, 0, resource, &limit, &found));
        printf("before %d\n", found.rlim_cur == maximum && found.rlim_max == maximum);
        limit.rlim_cur++;
        SHOW(setrlimit(resource, &limit));
        limit.rlim_max++;
        SHOW(setrlimit(resource, &limit));
        limit.rlim_cur = limit.rlim_max = RLIM_INFINITY;
        SHOW(setrlimit(resource, &limit));
        SHOW(syscall(SYS_prlimit64, getpid(), resource, NULL, &found));
        printf("now %d %d\n", (int)found.rlim_cur, (int)found.rlim_max);
        SHOW(syscall(SYS_prlimit64, 0, resource, NULL, BAD));
        SHOW(syscall(SYS_prlimit64, 0, resource, BAD, NULL));
        for (size_t i = 1; i < COUNT(ids); i++) {
            SHOW(syscall(SYS_prlimit64, ids[i], resource, NULL, NULL));
            SHOW(syscall(SYS_prlimit64, ids[i], resource, BAD, NULL));
        }
    }
}

static void set(int resource, rlim_t value)
{
    struct rlimit limit;
    getrlimit(resource, &limit);
    limit.rlim_cur = value;
    SHOW(setrlimit(resource, &limit));
}

static void descriptors(void)
{
    set(RLIMIT_NOFILE, 20);
    int last = -1, pair[2];
    for (int next = 0; (next = dup(1)) >= 0; last = next) {
    }
    printf("last %d %s\n", last, strerrorname_np(errno));
    SHOW(dup2(1, 19));
    SHOW(dup2(1, 20));
    SHOW(dup2(19, 19));
    SHOW(dup3(1, 20, O_CLOEXEC));
    SHOW(fcntl(1, F_DUPFD, 19));
    SHOW(fcntl(1, F_DUPFD, 20));
    SHOW(pipe(pair));
    SHOW(open("/dev/null", O_RDONLY));
    struct pollfd table[21];
    for (int i = 0; i < 21; i++) {
        table[i] = (struct pollfd){.fd = 1, .events = POLLOUT};
    }
    SHOW(poll(table, 20, 0));
    SHOW(poll(table, 21, 0));
    close(18);
    SHOW(pipe(pair));
    SHOW(dup(1));
    set(RLIMIT_NOFILE, 5);
    SHOW(write(19, "still open\n", 11));
    SHOW(dup(19));
    SHOW(close(19));
    SHOW(dup(1));
    SHOW(dup2(1, 4));
    SHOW(poll(table, 6, 0));
    set(RLIMIT_NOFILE, 0);
    SHOW(dup(1));
    SHOW(poll(table, 1, 0));
    SHOW(poll(table, 0, 0));
    set(RLIMIT_NOFILE, 30);
    SHOW(dup(1));
}

static void signals(void)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    set(RLIMIT_SIGPENDING, 4);
    union sigval value = {.sival_int = 1};
    for (int i = 0; i < 6; i++) {
        SHOW(sigqueue(getpid(), SIGRTMIN + 3, value));
        value.sival_int++;
    }
    SHOW(sigqueue(getpid(), SIGUSR1, value));
    SHOW(raise(SIGUSR2));
    SHOW(kill(getpid(), SIGHUP));
    SHOW(kill(getpid(), SIGRTMIN + 4));
    SHOW(raise(SIGRTMIN + 5));
    siginfo_t info;
    int signal;
    while ((signal = sigtimedwait(&all, &info, &(struct timespec){0})) > 0) {
        printf("%d code %d value %d self %d user %d\n", signal, info.si_code,
            info.si_code == SI_QUEUE ? info.si_value.sival_int : 0, info.si_pid == getpid(), info.si_uid);
    }
    SHOW(sigqueue(getpid(), SIGRTMIN + 3, value));
    SHOW(sigtimedwait(&all, &info, &(struct timespec){0}) > 0);
}

/* How much is mapped, as Linux counts it: without what the kernel shows of itself. */
static rlim_t mapped(int data)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[500], rights[5];
    unsigned long begin, end, all = 0;
    while (fgets(line, sizeof line, maps)) {
        sscanf(line, "%lx-%lx %4s", &begin, &end, rights);
        all += (data && (rights[1] != 'w' || rights[3] != 'p')) || strstr(line, "[v") ? 0 : end - begin;
    }
    fclose(maps);
    return all;
}

static void *map(void *at, size_t size, int rights, int flags)
{
    void *found = mmap(at, size, rights, flags | MAP_ANONYMOUS, -1, 0);
    printf(" %s", found == MAP_FAILED ? strerrorname_np(errno) : "ok");
    return found == MAP_FAILED ? NULL : found;
}

static void memory(void)
{
    const size_t megabyte = 1 << 20;
    const int both = PROT_READ | PROT_WRITE;
    for (int data = 0; data < 2; data++) {
        int resource = data ? RLIMIT_DATA : RLIMIT_AS;
        set(resource, mapped(data) + 3 * megabyte);
        printf("memory");
        map(NULL, 8 * megabyte, both, MAP_PRIVATE);
        map(NULL, 1ul << 40, PROT_NONE, MAP_PRIVATE | MAP_NORESERVE);
        char *some = map(NULL, 2 * megabyte, both, MAP_PRIVATE);
        map(NULL, 2 * megabyte, both, MAP_PRIVATE);
        map(some, 2 * megabyte, both, MAP_PRIVATE | MAP_FIXED);
        map(some, 2 * megabyte, PROT_READ, MAP_PRIVATE | MAP_FIXED);
        map(some, 2 * megabyte, both, MAP_PRIVATE | MAP_FIXED);
        char *shared = map(NULL, 4096, both, MAP_SHARED);
        char *constant = map(NULL, 2 * megabyte, PROT_READ, MAP_PRIVATE);
        if (constant) {
            printf(" protect %s", outcome((errno = 0, mprotect(constant, 2 * megabyte, both))));
            munmap(constant, 2 * megabyte);
        }
        printf(" grow %s", mremap(some, 2 * megabyte, 6 * megabyte, MREMAP_MAYMOVE) == MAP_FAILED ? strerrorname_np(errno) : "ok");
        printf(" shrink %d", mremap(some, 2 * megabyte, megabyte, 0) == some);
        printf(" heap %d", sbrk(6 * megabyte) == (void *)-1);
        printf(" %d", sbrk(megabyte / 2) == (void *)-1);
        printf(" %d", sbrk(-(intptr_t)megabyte / 2) == (void *)-1);
        munmap(some, megabyte);
        munmap(shared, 4096);
        some = map(NULL, 2 * megabyte, both, MAP_PRIVATE);
        munmap(some, 2 * megabyte);
        printf("\n");
        set(resource, RLIM_INFINITY);
    }
}

static volatile int signals_seen;

static void saw(int signal)
{
    signals_seen += signal == SIGXFSZ;
}

#define FILE_DOES(expression) \
    do { \
        signals_seen = 0; \
        SHOW(expression); \
        struct stat now; \
        fstat(file, &now); \
        printf("signals %d size %ld at %ld\n", signals_seen, (long)now.st_size, (long)lseek(file, 0, SEEK_CUR)); \
    } while (0)

static void files(const char *folder)
{
    char path[PATH_MAX], bytes[5000] = "";
    snprintf(path, sizeof path, "%s/file", folder);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGXFSZ, saw);
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    printf("opened %d\n", file >= 0);
    set(RLIMIT_FSIZE, 4000);
    FILE_DOES(write(file, bytes, 3000));
    FILE_DOES(write(file, bytes, 3000));
    FILE_DOES(write(file, bytes, 1));
    FILE_DOES(write(file, bytes, 0));
    FILE_DOES(pwrite(file, bytes, 100, 3950));
    FILE_DOES(pwrite(file, bytes, 100, 4000));
    FILE_DOES(pwrite(file, bytes, 100, 1ul << 40));
    FILE_DOES(ftruncate(file, 4001));
    FILE_DOES(ftruncate(file, 4000));
    FILE_DOES(ftruncate(file, 100));
    FILE_DOES(truncate(path, 5000));
    FILE_DOES(truncate(path, 3900));
    FILE_DOES(fallocate(file, 0, 0, 4001));
    FILE_DOES(fallocate(file, 0, 0, 4000));
    lseek(file, 3999, SEEK_SET);
    struct iovec parts[] = {{bytes, 1}, {bytes, 10}};
    FILE_DOES(writev(file, parts, 2));
    FILE_DOES(writev(file, parts, 2));
    int other = open(path, O_WRONLY | O_APPEND);
    FILE_DOES(write(other, bytes, 10));
    close(other);
    set(RLIMIT_FSIZE, 10);
    FILE_DOES(ftruncate(file, 2000));
    FILE_DOES(ftruncate(file, 2001));
    lseek(file, 0, SEEK_SET);
    FILE_DOES(write(file, bytes, 2000));
    sigset_t set_of;
    sigemptyset(&set_of);
    sigaddset(&set_of, SIGXFSZ);
    sigprocmask(SIG_BLOCK, &set_of, NULL);
    FILE_DOES(write(file, bytes, 1));
    siginfo_t info;
    SHOW(sigtimedwait(&set_of, &info, &(struct timespec){0}));
    printf("code %d self %d\n", info.si_code, info.si_pid == getpid());
    signal(SIGXFSZ, SIG_IGN);
    FILE_DOES(write(file, bytes, 1));
    set(RLIMIT_FSIZE, 0);
    SHOW(write(1, "to a pipe\n", 10));
    int null = open("/dev/null", O_WRONLY);
    SHOW(write(null, bytes, 100));
    set(RLIMIT_FSIZE, 1 << 20);
    close(file);
    unlink(path);
}

static void run(int argc, char **argv)
{
    signals();
    memory();
    files(argc > 1 ? argv[1] : "/tmp");
    changes();
    descriptors();
}
