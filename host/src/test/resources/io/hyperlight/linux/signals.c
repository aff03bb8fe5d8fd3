/* Signals that a program sends itself: in which order they come, and what each says. */

static char logged[1 << 16];
static size_t length;

static void handle(int signal, siginfo_t *info, void *context)
{
    (void)context;
    length += snprintf(logged + length, sizeof logged - length, " %d/%d/%d/%d", signal, info->si_code,
        info->si_code == SI_QUEUE ? info->si_value.sival_int : 0, info->si_pid == getpid());
}

static uint32_t state = 1;

static uint32_t next(uint32_t below)
{
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % below;
}

/* All that can be handled; 32 and 33 are the C library's. */
static int any_signal(void)
{
    for (;;) {
        int signal = 1 + next(64);
        if (signal != SIGKILL && signal != SIGSTOP && signal != 32 && signal != 33) {
            return signal;
        }
    }
}

static long queue_to_thread(int signal, int value)
{
    siginfo_t info = {.si_code = SI_QUEUE, .si_pid = getpid(), .si_uid = getuid()};
    info.si_value.sival_int = value;
    return syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), signal, &info);
}

static void send_some(void)
{
    int several = any_signal();
    for (uint32_t left = 1 + next(12); left > 0; left--) {
        int signal = next(3) ? any_signal() : several;
        union sigval value = {.sival_int = (int)left};
        switch (next(4)) {
        case 0: kill(getpid(), signal); break;
        case 1: raise(signal); break;
        case 2: sigqueue(getpid(), signal, value); break;
        default: queue_to_thread(signal, (int)left); break;
        }
    }
}

static void handlers(int flags, int masked)
{
    for (int signal = 1; signal <= 64; signal++) {
        struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | flags};
        if (masked) {
            for (int other = 1; other <= 64; other += 1 + next(5)) {
                sigaddset(&action.sa_mask, other);
            }
        }
        sigaction(signal, &action, NULL);
    }
}

static void show_set(const char *text, const sigset_t *set)
{
    printf("%s:", text);
    for (int signal = 1; signal <= 64; signal++) {
        if (sigismember(set, signal) == 1) {
            printf(" %d", signal);
        }
    }
    printf("\n");
}

static void orders(void)
{
    sigset_t all, none, pending;
    sigfillset(&all);
    sigemptyset(&none);
    for (int round = 0; round < 120; round++) {
        handlers(round % 3 == 1 ? SA_NODEFER : 0, round % 3 == 2);
        sigprocmask(SIG_SETMASK, &all, NULL);
        length = 0;
        send_some();
        sigpending(&pending);
        show_set("pending", &pending);
        if (round % 4 == 3) {
            siginfo_t info;
            struct timespec at_once = {0};
            int signal;
            while ((signal = sigtimedwait(&all, &info, &at_once)) > 0) {
                handle(signal, &info, NULL);
            }
        } else if (round % 4 == 2) {
            SHOW(sigsuspend(&none));
            sigprocmask(SIG_SETMASK, &none, NULL);
        } else {
            sigprocmask(SIG_SETMASK, &none, NULL);
        }
        logged[length] = 0;
        printf("round %d:%s\n", round, logged);
    }
}

/* What ignoring, default actions and opposite signals do to pending ones. */
static void forgotten(void)
{
    sigset_t all, none, pending;
    sigfillset(&all);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &all, NULL);
    for (int signal = 1; signal <= 64; signal++) {
        if (signal == SIGKILL || signal == SIGSTOP || signal == 32 || signal == 33) {
            continue;
        }
        struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO};
        sigaction(signal, &action, NULL);
        raise(signal);
        kill(getpid(), signal);
        signal == SIGUSR1 ? (void)sigaction(signal, &(struct sigaction){.sa_handler = SIG_IGN}, NULL) : (void)0;
        sigpending(&pending);
        printf("%d pending %d", signal, sigismember(&pending, signal));
        sigaction(signal, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
        sigpending(&pending);
        printf(" by default %d", sigismember(&pending, signal));
        sigaction(signal, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
        sigpending(&pending);
        printf(" ignored %d", sigismember(&pending, signal));
        raise(signal);
        sigpending(&pending);
        printf(" sent again %d\n", sigismember(&pending, signal));
        sigaction(signal, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    }
    static const int stops[] = {SIGTSTP, SIGTTIN, SIGTTOU};
    handlers(0, 0);
    for (size_t i = 0; i < COUNT(stops); i++) {
        raise(stops[i]);
        sigpending(&pending);
        show_set("stop", &pending);
        kill(getpid(), SIGCONT);
        sigpending(&pending);
        show_set("continue", &pending);
        raise(stops[i]);
        sigpending(&pending);
        show_set("stop again", &pending);
        kill(getpid(), SIGCONT);
    }
    length = 0;
    sigprocmask(SIG_SETMASK, &none, NULL);
    logged[length] = 0;
    printf("left:%s\n", logged);
}

static void errors(void)
{
    const int signals[] = {0, SIGURG, 64, 65, 1000, -1, INT_MIN, INT_MAX};
    const int ids[] = {0, getpid(), NOBODY, INT_MAX, INT_MIN};
    const char *names[] = {"0", "self", "nobody", "INT_MAX", "INT_MIN"};
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    for (size_t s = 0; s < COUNT(signals); s++) {
        int signal = signals[s];
        for (size_t i = 0; i < COUNT(ids); i++) {
            if (ids[i] != 0) { /* not to the group, which natively is somebody else's */
                printf("kill %s %d: %s\n", names[i], signal, outcome((errno = 0, syscall(SYS_kill, ids[i], signal))));
            }
            printf("tkill %s %d: %s\n", names[i], signal, outcome((errno = 0, syscall(SYS_tkill, ids[i], signal))));
            for (int code = -70; code < 140; code += code == -1 || code == 0 ? 1 : 23) {
                siginfo_t info = {.si_code = code};
                printf("queue %s %d %d: %s\n", names[i], signal, code,
                    outcome((errno = 0, syscall(SYS_rt_sigqueueinfo, ids[i], signal, &info))));
                ((char *)&info)[100] = 1;
                printf("large %s %d %d: %s\n", names[i], signal, code,
                    outcome((errno = 0, syscall(SYS_rt_sigqueueinfo, ids[i], signal, &info))));
            }
            for (size_t j = 0; j < COUNT(ids); j++) {
                printf("tgkill %s %s %d: %s\n", names[i], names[j], signal,
                    outcome((errno = 0, syscall(SYS_tgkill, ids[i], ids[j], signal))));
                siginfo_t info = {.si_code = j % 2 ? SI_QUEUE : SI_USER};
                printf("queue %s %s %d: %s\n", names[i], names[j], signal,
                    outcome((errno = 0, syscall(SYS_rt_tgsigqueueinfo, ids[i], ids[j], signal, &info))));
            }
        }
    }
    SHOW(syscall(SYS_rt_sigqueueinfo, getpid(), SIGURG, 8));
    SHOW(syscall(SYS_rt_sigqueueinfo, NOBODY, 1000, 8));
    SHOW(syscall(SYS_rt_tgsigqueueinfo, -1, -1, 1000, 8));
    struct timespec wrong = {.tv_nsec = 1000000000}, negative = {.tv_sec = -1};
    siginfo_t info;
    raise(SIGUSR1);
    SHOW(syscall(SYS_rt_sigtimedwait, &all, &info, &wrong, 8));
    SHOW(syscall(SYS_rt_sigtimedwait, &all, &info, &negative, 8));
    SHOW(syscall(SYS_rt_sigtimedwait, &all, &info, 8, 8));
    SHOW(syscall(SYS_rt_sigtimedwait, 8, &info, NULL, 8));
    SHOW(syscall(SYS_rt_sigtimedwait, &all, &info, NULL, 7));
}

static void run(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    orders();
    forgotten();
    errors();
}
