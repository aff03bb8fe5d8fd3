/* Timers that send signals: every argument, what they leave, and the order of their signals. Nothing depends on speed:
   a timer is either due already, or waited for, or far away. */

#define BAD ((void *)8)
#define FAR 100000

static volatile int seen[65];
static volatile int code, overrun, value, id;

static void handler(int signal, siginfo_t *info, void *context)
{
    (void)context;
    seen[signal]++;
    code = info->si_code;
    if (info->si_code == SI_TIMER) {
        overrun = info->si_overrun;
        value = info->si_value.sival_int;
        id = info->si_timerid;
    }
}

static void handle(int signal)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigaction(signal, &action, NULL);
    seen[signal] = 0;
}

static long create(int clock, struct sigevent *event, int *timer)
{
    errno = 0;
    return syscall(SYS_timer_create, clock, event, timer);
}

static long settime(int timer, int flags, struct itimerspec *wanted, struct itimerspec *old)
{
    errno = 0;
    return syscall(SYS_timer_settime, timer, flags, wanted, old);
}

/* How much of a far time is left. */
static const char *left(long seconds)
{
    return seconds == 0 ? "none" : seconds > FAR || seconds < FAR - 50 ? "something else" : "most";
}

static void creation(void)
{
    static const int clocks[] = {0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 16, 100, -1, INT_MAX, INT_MIN};
    static const int notifies[] = {SIGEV_SIGNAL, SIGEV_NONE, SIGEV_THREAD, 3, SIGEV_THREAD_ID, 5, 6, 7, 8, -1};
    static const int signals[] = {0, 1, SIGALRM, SIGKILL, SIGSTOP, 32, 63, 64, 65, -1, INT_MAX};
    for (size_t c = 0; c < COUNT(clocks); c++) {
        int timer = -1;
        long result = create(clocks[c], NULL, &timer);
        printf("clock %d: %s", clocks[c], outcome(result));
        printf(" %s\n", result == 0 ? outcome(syscall(SYS_timer_delete, timer)) : "");
    }
    for (size_t n = 0; n < COUNT(notifies); n++) {
        for (size_t s = 0; s < COUNT(signals); s++) {
            for (int thread = 0; thread < 3; thread++) {
                int timer = -1;
                struct sigevent event = {.sigev_notify = notifies[n], .sigev_signo = signals[s]};
                event._sigev_un._tid = thread == 0 ? 0 : thread == 1 ? gettid() : NOBODY;
                long result = create(CLOCK_MONOTONIC, &event, &timer);
                printf("notify %d %d %d: %s\n", notifies[n], signals[s], thread, outcome(result));
                if (result == 0) {
                    syscall(SYS_timer_delete, timer);
                }
            }
        }
    }
    int timer;
    SHOW(create(CLOCK_MONOTONIC, BAD, &timer));
    SHOW(create(CLOCK_MONOTONIC, NULL, BAD));
    SHOW(create(100, BAD, BAD));
}

static void numbers(void)
{
    int first, second, third;
    create(CLOCK_MONOTONIC, NULL, &first);
    create(CLOCK_MONOTONIC, NULL, &second);
    printf("ascending %d\n", second > first);
    SHOW(syscall(SYS_timer_delete, first));
    SHOW(syscall(SYS_timer_delete, first));
    create(CLOCK_MONOTONIC, NULL, &third);
    printf("not used again %d\n", third > second);
    SHOW(syscall(SYS_timer_getoverrun, third));
    SHOW(syscall(SYS_timer_getoverrun, first));
    SHOW(syscall(SYS_timer_gettime, third, BAD));
    SHOW(syscall(SYS_timer_gettime, first, BAD));
    SHOW(settime(third, 0, NULL, NULL));
    SHOW(settime(third, 0, BAD, NULL));
    SHOW(settime(first, 0, &(struct itimerspec){0}, NULL));
    SHOW(settime(third, 0, &(struct itimerspec){0}, BAD));
    SHOW(settime(third, -1, &(struct itimerspec){0}, NULL));
    SHOW(syscall(SYS_timer_delete, second));
    SHOW(syscall(SYS_timer_delete, third));
}

static void settings(void)
{
    static const long parts[] = {0, 1, FAR, -1, 999999999, 1000000000, LONG_MAX, LONG_MIN};
    for (int clock = 0; clock < 3; clock++) {
        int timer;
        create(clock == 2 ? CLOCK_BOOTTIME : clock, NULL, &timer);
        for (size_t a = 0; a < COUNT(parts); a++) {
            for (size_t b = 0; b < COUNT(parts); b++) {
                struct itimerspec old, wanted = {.it_interval = {parts[a], parts[b]}};
                printf("%d every %zu %zu: %s", clock, a, b, outcome(settime(timer, 0, &wanted, &old)));
                wanted = (struct itimerspec){.it_interval = {7, 8}, .it_value = {FAR, 0}};
                settime(timer, 0, &wanted, NULL);
                wanted = (struct itimerspec){.it_value = {parts[a], parts[b]}};
                if (parts[a] != 0 || parts[b] == 0) {
                    printf(" in: %s, before every %ld %ld %s", outcome(settime(timer, 0, &wanted, &old)),
                        (long)old.it_interval.tv_sec, (long)old.it_interval.tv_nsec, left(old.it_value.tv_sec));
                }
                printf("\n");
                settime(timer, 0, &(struct itimerspec){0}, NULL);
            }
        }
        struct itimerspec now;
        syscall(SYS_timer_gettime, timer, &now);
        printf("stopped: %ld %ld\n", (long)now.it_value.tv_sec, (long)now.it_value.tv_nsec);
        syscall(SYS_timer_delete, timer);
    }
}

/* A timer whose time has passed sends its signal before the call that sets it returns, or soon after. */
static void wait_for(int signal)
{
    while (seen[signal] == 0) {
        getppid();
    }
}

static void due(void)
{
    static const int clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME};
    handle(SIGALRM);
    handle(SIGUSR1);
    handle(SIGRTMIN + 3);
    for (size_t c = 0; c < COUNT(clocks); c++) {
        for (int kind = 0; kind < 4; kind++) {
            int timer;
            struct sigevent event = {.sigev_notify = kind == 2 ? SIGEV_THREAD_ID : SIGEV_SIGNAL,
                .sigev_signo = kind == 3 ? SIGRTMIN + 3 : SIGUSR1, .sigev_value = {77 + kind}};
            event._sigev_un._tid = gettid();
            int signal = kind == 0 ? SIGALRM : event.sigev_signo;
            create(clocks[c], kind == 0 ? NULL : &event, &timer);
            seen[signal] = 0;
            struct itimerspec now, wanted = {.it_value = {0, 1}};
            settime(timer, TIMER_ABSTIME, &wanted, NULL);
            wait_for(signal);
            syscall(SYS_timer_gettime, timer, &now);
            printf("due by %d as %d: %d times, code %d, overrun %d, its own %d, value %d, left %ld %ld, later %ld\n", clocks[c],
                kind, seen[signal], code, overrun, id == timer, kind == 0 ? value == timer : value,
                (long)now.it_value.tv_sec, (long)now.it_value.tv_nsec, syscall(SYS_timer_getoverrun, timer));
            syscall(SYS_timer_delete, timer);
        }
    }
}

static void intervals(void)
{
    int timer;
    handle(SIGUSR1);
    struct sigevent event = {.sigev_signo = SIGUSR1};
    create(CLOCK_MONOTONIC, &event, &timer);
    struct itimerspec wanted = {.it_interval = {0, 2000000}, .it_value = {0, 2000000}};
    settime(timer, 0, &wanted, NULL);
    for (int last = 0; last < 5; last = seen[SIGUSR1]) {
        getppid();
    }
    settime(timer, 0, &(struct itimerspec){0}, NULL);
    printf("five intervals\n");

    /* A signal that is blocked stands for all expirations until it is delivered. */
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    seen[SIGUSR1] = 0;
    wanted = (struct itimerspec){.it_interval = {0, 500000}, .it_value = {0, 500000}};
    settime(timer, 0, &wanted, NULL);
    struct timespec pause = {0, 50000000};
    nanosleep(&pause, NULL);
    sigset_t pending;
    sigpending(&pending);
    struct itimerspec now;
    syscall(SYS_timer_gettime, timer, &now);
    printf("pending %d, left less than an interval %d\n", sigismember(&pending, SIGUSR1),
        now.it_value.tv_sec == 0 && now.it_value.tv_nsec > 0 && now.it_value.tv_nsec <= 500000);
    wanted = (struct itimerspec){.it_interval = {FAR, 0}, .it_value = {FAR, 0}};
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    settime(timer, 0, &wanted, NULL);
    printf("seen %d, many overruns %d\n", seen[SIGUSR1] >= 1, overrun >= 90 || seen[SIGUSR1] > 1);
    syscall(SYS_timer_delete, timer);

    /* No signal. */
    event.sigev_notify = SIGEV_NONE;
    create(CLOCK_MONOTONIC, &event, &timer);
    wanted = (struct itimerspec){.it_interval = {FAR, 0}, .it_value = {0, 1}};
    settime(timer, TIMER_ABSTIME, &wanted, NULL);
    syscall(SYS_timer_gettime, timer, &now);
    printf("without a signal: left %d\n", now.it_value.tv_sec > 0 && now.it_value.tv_sec <= FAR);
    wanted = (struct itimerspec){.it_value = {0, 1}};
    settime(timer, TIMER_ABSTIME, &wanted, NULL);
    syscall(SYS_timer_gettime, timer, &now);
    printf("once, long ago: %ld %ld\n", (long)now.it_value.tv_sec, (long)now.it_value.tv_nsec);
    syscall(SYS_timer_delete, timer);
}

static void ignored(void)
{
    int timer;
    signal(SIGUSR1, SIG_IGN);
    struct sigevent event = {.sigev_signo = SIGUSR1};
    create(CLOCK_MONOTONIC, &event, &timer);
    struct itimerspec wanted = {.it_interval = {0, 1000}, .it_value = {0, 1000}};
    settime(timer, 0, &wanted, NULL);
    struct timespec pause = {0, 10000000};
    SHOW(nanosleep(&pause, NULL));
    sigset_t pending;
    sigpending(&pending);
    printf("pending %d\n", sigismember(&pending, SIGUSR1));
    SHOW(syscall(SYS_timer_delete, timer));
}

static void alarms(void)
{
    static const unsigned seconds[] = {0, 1, FAR, 0x7fffffff, 0x80000000, UINT_MAX, 5, 0, 0};
    for (size_t s = 0; s < COUNT(seconds); s++) {
        unsigned before = alarm(seconds[s]);
        printf("alarm %u: before %s\n", seconds[s],
            before == 0 ? "nothing" : s > 0 && before >= seconds[s - 1] - 50u && before <= seconds[s - 1] ? "the last" : "another");
    }
    handle(SIGALRM);
    struct itimerval old, wanted = {.it_value = {0, 400000}};
    setitimer(ITIMER_REAL, &wanted, NULL);
    printf("less than half a second: %u\n", alarm(0));
    for (int kind = 0; kind < 3; kind++) {
        wanted = (struct itimerval){.it_interval = {3, 4}, .it_value = {FAR, 0}};
        SHOW(setitimer(kind, &wanted, NULL));
        SHOW(getitimer(kind, &old));
        printf("every %ld %ld, left %s\n", (long)old.it_interval.tv_sec, (long)old.it_interval.tv_usec, left(old.it_value.tv_sec));
        SHOW(setitimer(kind, &(struct itimerval){0}, &old));
        printf("every %ld %ld, left %s\n", (long)old.it_interval.tv_sec, (long)old.it_interval.tv_usec, left(old.it_value.tv_sec));
        SHOW(getitimer(kind, &old));
        printf("left %ld %ld\n", (long)old.it_value.tv_sec, (long)old.it_value.tv_usec);
    }
    static const int signals[] = {SIGALRM, SIGVTALRM, SIGPROF};
    for (int kind = 0; kind < 3; kind++) {
        handle(signals[kind]);
        wanted = (struct itimerval){.it_value = {0, 1}};
        setitimer(kind, &wanted, NULL);
        wait_for(signals[kind]);
        getitimer(kind, &old);
        printf("timer %d: %d times, code %x, left %ld\n", kind, seen[signals[kind]], code, (long)old.it_value.tv_usec);
        seen[signals[kind]] = 0;
        wanted = (struct itimerval){.it_interval = {0, 1000}, .it_value = {0, 1000}};
        setitimer(kind, &wanted, NULL);
        while (seen[signals[kind]] < 3) {
            getppid();
        }
        setitimer(kind, &(struct itimerval){0}, NULL);
        printf("timer %d again and again\n", kind);
    }
}

static void run(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    creation();
    numbers();
    settings();
    due();
    intervals();
    ignored();
    alarms();
    for (int kind = 0; kind < 3; kind++) {
        struct itimerval wanted = {.it_value = {LONG_MAX, 999999}};
        SHOW(setitimer(kind, &wanted, NULL));
    }
}
