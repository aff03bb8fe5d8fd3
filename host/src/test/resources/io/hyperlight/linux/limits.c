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
}

static void run(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    signals();
    changes();
    descriptors();
}
