/* What a process can ask about itself: scheduling, attributes, clocks, timers, what it has used. */

static void *const BAD = (void *)8;

static void scheduling(void)
{
    const int ids[] = {0, getpid(), NOBODY, -1, INT_MIN};
    static const int policies[] = {0, 1, 2, 3, 4, 5, 6, 99, -1, INT_MIN, 0x40000000, 0x40000003, 0x40000001};
    for (size_t p = 0; p < COUNT(policies); p++) {
        printf("policy %d\n", policies[p]);
        SHOW(sched_get_priority_min(policies[p]));
        SHOW(sched_get_priority_max(policies[p]));
    }
    for (int priority = -1; priority < 120; priority += priority < 1 ? 1 : 49) {
        for (size_t p = 0; p < COUNT(policies); p++) {
            struct sched_param wanted = {priority}, found = {77};
            errno = 0;
            long result = syscall(SYS_sched_setscheduler, 0, policies[p], &wanted);
            printf("%d with %d: %s", policies[p], priority, outcome(result));
            printf(" then %d", sched_getscheduler(0));
            printf(" %d %d\n", sched_getparam(0, &found), found.sched_priority);
        }
        SHOW(syscall(SYS_sched_setparam, 0, &(struct sched_param){priority}));
    }
    for (size_t i = 0; i < COUNT(ids); i++) {
        struct sched_param parameters = {0};
        struct timespec turn;
        unsigned char set[128] = {1};
        char attributes[56];
        printf("%zu\n", i);
        SHOW(syscall(SYS_sched_getscheduler, ids[i]));
        SHOW(syscall(SYS_sched_getparam, ids[i], &parameters));
        SHOW(syscall(SYS_sched_getparam, ids[i], NULL));
        SHOW(syscall(SYS_sched_getparam, ids[i], BAD));
        SHOW(syscall(SYS_sched_setparam, ids[i], &parameters));
        SHOW(syscall(SYS_sched_setparam, ids[i], NULL));
        SHOW(syscall(SYS_sched_setparam, ids[i], BAD));
        SHOW(syscall(SYS_sched_setscheduler, ids[i], SCHED_BATCH, NULL));
        SHOW(syscall(SYS_sched_rr_get_interval, ids[i], &turn));
        SHOW(syscall(SYS_sched_rr_get_interval, ids[i], BAD));
        SHOW(syscall(SYS_sched_getattr, ids[i], attributes, 48, 0));
        SHOW(syscall(SYS_sched_getattr, ids[i], attributes, 47, 0));
        SHOW(syscall(SYS_sched_getattr, ids[i], attributes, 4097, 0));
        SHOW(syscall(SYS_sched_getattr, ids[i], attributes, 56, 1));
        SHOW(syscall(SYS_sched_getattr, ids[i], NULL, 56, 0));
        SHOW(syscall(SYS_sched_getaffinity, ids[i], 0, set));
        SHOW(syscall(SYS_sched_getaffinity, ids[i], 129, set));
        SHOW(syscall(SYS_sched_getaffinity, ids[i], 128, set) > 0);
        SHOW(syscall(SYS_sched_getaffinity, ids[i], 128, BAD));
        memset(set, 0, sizeof set);
        SHOW(syscall(SYS_sched_setaffinity, ids[i], 128, set));
        SHOW(syscall(SYS_sched_setaffinity, ids[i], 0, set));
        SHOW(syscall(SYS_sched_setaffinity, ids[i], 8, BAD));
        set[0] = 1;
        SHOW(syscall(SYS_sched_setaffinity, ids[i], 128, set));
        SHOW(syscall(SYS_sched_setaffinity, ids[i], 1, set));
        SHOW(syscall(SYS_sched_setaffinity, ids[i], 0, set));
    }
    const int whose[] = {0, getpid(), NOBODY, (int)getuid(), -1};
    for (int nice = -30; nice < 30; nice += 7) {
        for (int which = -1; which < 4; which++) {
            for (size_t i = 0; i < COUNT(whose); i++) {
                if (which == PRIO_USER || which == PRIO_PGRP) {
                    continue; /* natively there are others */
                }
                printf("%d %d of %zu: %s", nice, which, i, outcome((errno = 0, syscall(SYS_setpriority, which, whose[i], nice))));
                printf(" %s\n", outcome((errno = 0, syscall(SYS_getpriority, which, whose[i]))));
            }
        }
    }
    SHOW(nice(0));
    SHOW(nice(-1));
    SHOW(syscall(SYS_getpriority, PRIO_USER, NOBODY));
    static const int io[] = {0, 1, 7, 1 << 13, 1 << 13 | 4, 2 << 13, 2 << 13 | 7, 3 << 13, 3 << 13 | 7, 4 << 13, 5 << 13, -1};
    for (size_t c = 0; c < COUNT(io); c++) {
        for (size_t i = 0; i < 3; i++) {
            printf("io %x of %zu: %s", io[c], i, outcome((errno = 0, syscall(SYS_ioprio_set, 1, whose[i], io[c]))));
            if (io[c] != 0) {
                printf(" %s", outcome((errno = 0, syscall(SYS_ioprio_get, 1, whose[i]) >= 0)));
            }
            printf("\n");
        }
    }
    SHOW(syscall(SYS_ioprio_set, 0, 0, 2 << 13));
    SHOW(syscall(SYS_ioprio_set, 4, 0, 2 << 13));
    SHOW(syscall(SYS_ioprio_get, 0, 0));
    SHOW(syscall(SYS_ioprio_get, 4, 0));
    SHOW(sched_yield());
}

static void attributes(void)
{
    static const int operations[] = {1, 4, 8, 14, 36, 38, 39, 41, 42};
    static const long values[] = {0, 1, 2, 9, 64, 65, -1, 1L << 32};
    int found = -1;
    for (size_t o = 0; o < COUNT(operations); o++) {
        for (size_t v = 0; v < COUNT(values); v++) {
            printf("%d %ld: %s", operations[o], values[v],
                outcome((errno = 0, syscall(SYS_prctl, operations[o], values[v], 0, 0, 0))));
            SHOW(syscall(SYS_prctl, operations[o], values[v], 1, 0, 0));
            printf("dumpable %d", prctl(PR_GET_DUMPABLE));
            prctl(PR_GET_PDEATHSIG, &found);
            printf(" death %d", found);
            prctl(PR_GET_CHILD_SUBREAPER, &found);
            printf(" subreaper %d", found);
            printf(" keeps %d huge %d\n", prctl(PR_GET_KEEPCAPS), prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
        }
    }
    SHOW(prctl(PR_GET_TIMERSLACK));
    SHOW(prctl(PR_SET_TIMERSLACK, 1234));
    SHOW(prctl(PR_GET_TIMERSLACK));
    SHOW(prctl(PR_SET_TIMERSLACK, 0));
    SHOW(prctl(PR_GET_TIMERSLACK));
    SHOW(prctl(PR_GET_PDEATHSIG, BAD));
    SHOW(prctl(PR_GET_CHILD_SUBREAPER, BAD));
    SHOW(prctl(PR_GET_TSC, &found));
    printf("tsc %d\n", found);
    SHOW(prctl(PR_CAPBSET_READ, 64));
    SHOW(prctl(PR_CAPBSET_READ, -1));
    SHOW(prctl(PR_CAPBSET_DROP, 0));
    SHOW(prctl(PR_GET_SECUREBITS));
    SHOW(prctl(PR_SET_SECUREBITS, 1));
    SHOW(prctl(PR_GET_TIMING));
    SHOW(prctl(12345));
    SHOW(prctl(0));
    char name[17] = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    static const char *const names[] = {"a", "", "exactly fifteen", "more than fifteen characters", "\1\377 ) R 1\n"};
    for (size_t i = 0; i < COUNT(names); i++) {
        char line[200] = "";
        SHOW(prctl(PR_SET_NAME, names[i]));
        prctl(PR_GET_NAME, name);
        printf("name %s\n", name);
        int file = open("/proc/self/comm", O_RDONLY);
        long size = read(file, line, sizeof line - 1);
        close(file);
        printf("comm %ld %s", size, line);
        file = open("/proc/self/status", O_RDONLY);
        size = read(file, line, 40);
        close(file);
        line[40] = 0;
        printf("status %s\n", strtok(line, "\n"));
        file = open("/proc/self/stat", O_RDONLY);
        size = read(file, line, 40);
        close(file);
        line[40] = 0;
        char *end = strrchr(line, ')');
        printf("stat %s\n", end ? (end[1] = 0, strchr(line, '(')) : "?");
    }
    SHOW(prctl(PR_SET_NAME, BAD));
    SHOW(prctl(PR_GET_NAME, BAD));
    static const unsigned versions[] = {0x19980330, 0x20071026, 0x20080522, 0, 1};
    const int ids[] = {0, getpid(), NOBODY, -1};
    for (size_t v = 0; v < COUNT(versions); v++) {
        for (size_t i = 0; i < COUNT(ids); i++) {
            unsigned header[2] = {versions[v], (unsigned)ids[i]}, data[6];
            memset(data, 1, sizeof data);
            printf("capabilities %zu %zu: %s", v, i, outcome((errno = 0, syscall(SYS_capget, header, data))));
            printf(" %x %x %x %x %s\n", header[0], data[0], data[2], data[3],
                outcome((errno = 0, syscall(SYS_capget, header, NULL))));
        }
    }
    SHOW(syscall(SYS_capget, BAD, NULL));
    void *head;
    size_t size;
    SHOW(syscall(SYS_set_robust_list, name, 24));
    SHOW(syscall(SYS_get_robust_list, 0, &head, &size));
    printf("list %d %zu\n", head == name, size);
    SHOW(syscall(SYS_set_robust_list, 0, 23));
    SHOW(syscall(SYS_get_robust_list, getpid(), &head, &size));
    printf("list %d %zu\n", head == name, size);
    SHOW(syscall(SYS_get_robust_list, NOBODY, &head, &size));
    SHOW(syscall(SYS_get_robust_list, 0, BAD, &size));
    SHOW(syscall(SYS_get_robust_list, 0, &head, BAD));
    static const int barriers[] = {8, 32, 16, 8, 64, 32, 1, 4, 2, 3, 1 << 20, -1};
    for (size_t i = 0; i < COUNT(barriers); i++) {
        printf("barrier %d: %s", barriers[i], outcome((errno = 0, syscall(SYS_membarrier, barriers[i], 0, 0))));
        printf(" %s\n", outcome((errno = 0, syscall(SYS_membarrier, barriers[i], 77, 0))));
    }
}

static void clocks(void)
{
    struct timespec time, past = {0, 1}, negative = {-1, 0}, wrong = {0, 1000000000};
    int numbers[16 + 3 * 8];
    size_t count = 0;
    for (int i = 0; i < 16; i++) {
        numbers[count++] = i;
    }
    const int ids[] = {0, getpid(), 1 << 27};
    for (size_t p = 0; p < COUNT(ids); p++) {
        for (int kind = 0; kind < 8; kind++) {
            numbers[count++] = (int)((unsigned)~ids[p] << 3) | kind;
        }
    }
    for (size_t i = 0; i < count; i++) {
        int clock = numbers[i];
        if (clock == 8 || clock == 9) {
            continue; /* are there if the machine has a clock that wakes it up */
        }
        printf("clock %zu\n", i);
        SHOW(syscall(SYS_clock_gettime, clock, &time));
        SHOW(syscall(SYS_clock_gettime, clock, BAD));
        SHOW(syscall(SYS_clock_getres, clock, &time));
        SHOW(syscall(SYS_clock_getres, clock, NULL));
        SHOW(syscall(SYS_clock_settime, clock, &wrong) < 0);
        SHOW(syscall(SYS_clock_nanosleep, clock, 0, &negative, NULL));
        SHOW(syscall(SYS_clock_nanosleep, clock, 0, &wrong, NULL));
        SHOW(syscall(SYS_clock_nanosleep, clock, 0, BAD, NULL));
        if (clock < 0 && (clock & 3) < 2) {
            continue; /* counts in ticks, and can be 0 for long */
        }
        for (int flags = 1; flags < 8; flags += 2) {
            SHOW(syscall(SYS_clock_nanosleep, clock, flags, &past, NULL));
        }
        if (clock >= 0 && clock != CLOCK_PROCESS_CPUTIME_ID) {
            SHOW(syscall(SYS_clock_nanosleep, clock, 0, &past, NULL));
            SHOW(syscall(SYS_clock_nanosleep, clock, 2, &past, NULL));
        }
    }
    static const int grow[] = {CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID, -6, -2};
    for (size_t i = 0; i < COUNT(grow); i++) {
        struct timespec first, last;
        syscall(SYS_clock_gettime, grow[i], &first);
        long rounds = 0, back = 0, nanos = 0, before = 0;
        while (nanos < 20000000 && rounds++ < 100000000) {
            syscall(SYS_clock_gettime, grow[i], &last);
            nanos = (last.tv_sec - first.tv_sec) * 1000000000 + last.tv_nsec - first.tv_nsec;
            back += nanos < before;
            before = nanos;
        }
        printf("clock %d grows %d goes back %ld\n", grow[i], nanos >= 20000000, back);
        usleep(100000);
        syscall(SYS_clock_gettime, grow[i], &first);
        nanos = (first.tv_sec - last.tv_sec) * 1000000000 + first.tv_nsec - last.tv_nsec;
        printf("not in sleep %d\n", nanos < 80000000);
    }
}

static void timers(void)
{
    static const long parts[] = {0, -1, 1000000, LONG_MIN};
    SHOW(alarm(0));
    for (int kind = -1; kind < 4; kind++) {
        struct itimerval old;
        for (size_t a = 0; a < COUNT(parts); a++) {
            for (size_t b = 0; b < COUNT(parts); b++) {
                struct itimerval timer = {.it_interval = {parts[a], parts[b]}};
                memset(&old, 1, sizeof old);
                printf("%d every %zu %zu: %s", kind, a, b, outcome((errno = 0, syscall(SYS_setitimer, kind, &timer, &old))));
                printf(" %ld %ld", old.it_value.tv_sec, old.it_interval.tv_usec);
                timer = (struct itimerval){.it_value = {parts[a], parts[b]}};
                if ((a == 0 || parts[a] < 0) && parts[b] != 1) {
                    printf(" in: %s", outcome((errno = 0, syscall(SYS_setitimer, kind, &timer, NULL))));
                }
                printf("\n");
            }
        }
        SHOW(syscall(SYS_setitimer, kind, BAD, NULL));
        SHOW(syscall(SYS_setitimer, kind, NULL, NULL));
        SHOW(syscall(SYS_setitimer, kind, &(struct itimerval){0}, BAD));
        SHOW(syscall(SYS_getitimer, kind, &old));
        SHOW(syscall(SYS_getitimer, kind, BAD));
    }
    SHOW(syscall(SYS_timer_delete, 5));
    SHOW(syscall(SYS_timer_getoverrun, 5));
    SHOW(syscall(SYS_timer_gettime, 5, &(struct itimerspec){0}));
    SHOW(syscall(SYS_timer_settime, 5, 0, &(struct itimerspec){0}, NULL));
}

static void used(void)
{
    struct rusage usage, later;
    for (int who = -4; who < 4; who++) {
        memset(&usage, 1, sizeof usage);
        printf("usage %d: %s\n", who, outcome((errno = 0, syscall(SYS_getrusage, who, &usage))));
        SHOW(syscall(SYS_getrusage, who, BAD));
        if (who == RUSAGE_CHILDREN) {
            static const struct rusage nothing;
            printf("nothing %d\n", memcmp(&usage, &nothing, sizeof usage) == 0);
        }
    }
    getrusage(RUSAGE_SELF, &usage);
    printf("some memory %d faults %d\n", usage.ru_maxrss > 100, usage.ru_minflt > 0);
    char *block = mmap(NULL, 24 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(block, 1, 24 << 20);
    getrusage(RUSAGE_SELF, &later);
    printf("more memory %d faults %d\n", later.ru_maxrss >= usage.ru_maxrss, later.ru_minflt > usage.ru_minflt);
    munmap(block, 24 << 20);
    getrusage(RUSAGE_SELF, &usage);
    printf("stays %d\n", usage.ru_maxrss >= later.ru_maxrss);
    struct tms times_used;
    SHOW(times(&times_used) > 0);
    printf("children %ld %ld\n", times_used.tms_cutime, times_used.tms_cstime);
    SHOW(syscall(SYS_times, BAD));
    SHOW(syscall(SYS_times, NULL) > 0);
    clock_t begin = clock();
    while (clock() < begin + 20000) {
    }
    times(&times_used);
    printf("time was used %d\n", times_used.tms_utime + times_used.tms_stime > 0);
}

static void run(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    scheduling();
    attributes();
    clocks();
    timers();
    used();
}
