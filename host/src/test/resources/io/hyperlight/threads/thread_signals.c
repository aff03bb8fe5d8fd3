/* Signals and threads: masks of each thread, pthread_kill, threads that wait for signals, interrupted waits. */

static sem_t ready, go_on;
static pthread_t handled_by;
static volatile sig_atomic_t handled, code;

static void handle(int number UNUSED, siginfo_t *info, void *context UNUSED)
{
    handled++;
    handled_by = pthread_self();
    code = info->si_code;
}

static void *wait_for_signals(void *unused UNUSED)
{
    sigset_t set;
    int number, sum = 0;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGTERM);
    do {
        MUST(sigwait(&set, &number));
        sum = sum * 100 + number;
        sem_post(&go_on);
    } while (number != SIGTERM);
    return (void *)(long)sum;
}

static void signal_thread(void)
{
    sigset_t all, old;
    sigfillset(&all);
    MUST(pthread_sigmask(SIG_SETMASK, &all, &old));
    pthread_t waiter = start(wait_for_signals, NULL);
    int numbers[] = {SIGUSR1, SIGUSR2, SIGUSR1, SIGTERM};
    for (int i = 0; i < 4; i++) {
        MUST(i % 2 == 0 ? pthread_kill(waiter, numbers[i]) : kill(getpid(), numbers[i]));
        sem_wait(&go_on);
    }
    printf("waited for %ld\n", (long)result_of(waiter));
    MUST(pthread_sigmask(SIG_SETMASK, &old, NULL));
}

static void *block_and_wait(void *block)
{
    sigset_t set, pending;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(block != NULL ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
    sem_post(&ready);
    while (sem_wait(&go_on) != 0) { }
    sigpending(&pending);
    long result = sigismember(&pending, SIGUSR1);
    if (block != NULL && result) {
        struct timespec none = {0, 0};
        siginfo_t info;
        result += 10 * (sigtimedwait(&set, &info, &none) == SIGUSR1) + 100 * (info.si_pid == getpid());
    }
    return (void *)result;
}

static void masks(void)
{
    pthread_t blocked = start(block_and_wait, "block");
    sem_wait(&ready);
    MUST(pthread_kill(blocked, SIGUSR1));
    sem_post(&go_on);
    printf("blocked: %ld, handled %d\n", (long)result_of(blocked), (int)handled);
    pthread_t open = start(block_and_wait, NULL);
    sem_wait(&ready);
    MUST(pthread_kill(open, SIGUSR1));
    sem_post(&go_on);
    printf("open: %ld, ", (long)result_of(open));
    printf("handled %d by it: %d, code %d\n", (int)handled, pthread_equal(handled_by, open) != 0, (int)code);
    sigset_t set, old;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, &old);
    pthread_t other = start(block_and_wait, NULL); /* inherits the mask and then unblocks */
    sem_wait(&ready);
    MUST(kill(getpid(), SIGUSR1)); /* only the other can take it */
    sem_post(&go_on);
    result_of(other);
    printf("to the process: handled %d, by the other: %d, code %d\n", (int)handled,
           pthread_equal(handled_by, other) != 0, (int)code);
    MUST(raise(SIGUSR1));
    printf("own: %d\n", (int)handled);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    printf("own: %d, by this: %d\n", (int)handled, pthread_equal(handled_by, pthread_self()) != 0);
    SHOW(pthread_kill(pthread_self(), 0));
    SHOW(pthread_kill(pthread_self(), 1000));
}

static int ends[2];

static void *read_a_byte(void *unused UNUSED)
{
    char byte = 0;
    sem_post(&ready);
    long size = read(ends[0], &byte, 1);
    return (void *)(size == -1 ? -(long)errno : (long)byte);
}

static void *sleep_long(void *unused UNUSED)
{
    struct timespec rest = {1000, 0};
    sem_post(&ready);
    int result = nanosleep(&rest, &rest);
    return (void *)(long)(result == -1 && errno == EINTR && rest.tv_sec > 900 && rest.tv_sec <= 1000);
}

/* Sends the signal until the thread has taken it where it waits. */
static void *until_interrupted(pthread_t thread)
{
    void *result;
    while (pthread_tryjoin_np(thread, &result) == EBUSY) {
        pthread_kill(thread, SIGUSR1);
        sched_yield();
    }
    return result;
}

static void interrupted(int flags)
{
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | flags};
    MUST(sigaction(SIGUSR1, &action, NULL));
    pthread_t reader = start(read_a_byte, NULL);
    sem_wait(&ready);
    if (flags & SA_RESTART) {
        int before = handled;
        for (int i = 0; i < 20; i++) {
            pthread_kill(reader, SIGUSR1);
            sched_yield();
        }
        while (handled == before) {
            sched_yield();
        }
        MUST(write(ends[1], "x", 1) != 1);
        printf("restarted: %ld\n", (long)result_of(reader));
    } else {
        printf("interrupted: %ld\n", (long)until_interrupted(reader));
    }
    pthread_t sleeper = start(sleep_long, NULL);
    sem_wait(&ready);
    printf("slept: %ld\n", (long)until_interrupted(sleeper));
}

static void *take_signal(void *unused UNUSED)
{
    sigset_t set;
    int number;
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN + 3);
    sem_post(&ready);
    MUST(sigwait(&set, &number)); /* Linux interrupts sigwaitinfo if another thread has taken the signal */
    return (void *)(long)(number == SIGRTMIN + 3);
}

/* As many signals of the process as threads wait for them, one after the other. Each gets one. */
static void take_turns(void)
{
    enum { TAKERS = 6 };
    pthread_t takers[TAKERS];
    sigset_t set;
    long taken = 0;
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN + 3);
    MUST(pthread_sigmask(SIG_BLOCK, &set, NULL));
    for (int i = 0; i < TAKERS; i++) {
        takers[i] = start(take_signal, NULL);
        sem_wait(&ready);
    }
    sched_yield();
    for (int i = 0; i < TAKERS; i++) {
        MUST(sigqueue(getpid(), SIGRTMIN + 3, (union sigval){.sival_int = i}));
    }
    for (int i = 0; i < TAKERS; i++) {
        taken += (long)result_of(takers[i]);
    }
    printf("taken: %ld\n", taken);
}

static void *fault(void *unused UNUSED)
{
    *(volatile int *)16 = 1;
    return NULL;
}

static volatile void *fault_address;

static void leave_thread(int number UNUSED, siginfo_t *info, void *context UNUSED)
{
    fault_address = info->si_addr;
    pthread_exit("faulted");
}

static void *overflow_on_other_stack(void *unused UNUSED)
{
    stack_t stack = {.ss_sp = malloc(65536), .ss_size = 65536}, old;
    sigaltstack(&stack, &old);
    char here;
    raise(SIGUSR2);
    return (void *)(long)((char *)fault_address >= (char *)stack.ss_sp
                          && (char *)fault_address < (char *)stack.ss_sp + 65536
                          && (&here < (char *)stack.ss_sp || &here >= (char *)stack.ss_sp + 65536)
                          && old.ss_flags == SS_DISABLE);
}

static void note_stack(int number UNUSED)
{
    char here;
    fault_address = &here;
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO};
    MUST(sem_init(&ready, 0, 0));
    MUST(sem_init(&go_on, 0, 0));
    MUST(pipe(ends));
    MUST(sigaction(SIGUSR1, &action, NULL));
    signal_thread();
    masks();
    interrupted(0);
    interrupted(SA_RESTART);
    take_turns();
    struct sigaction faulting = {.sa_sigaction = leave_thread, .sa_flags = SA_SIGINFO};
    MUST(sigaction(SIGSEGV, &faulting, NULL));
    char *result = result_of(start(fault, NULL));
    printf("%s at %p\n", result, (void *)fault_address);
    struct sigaction on_stack = {.sa_handler = note_stack, .sa_flags = SA_ONSTACK};
    MUST(sigaction(SIGUSR2, &on_stack, NULL));
    for (int i = 0; i < 3; i++) {
        printf("own stack: %ld\n", (long)result_of(start(overflow_on_other_stack, NULL)));
    }
    raise(SIGUSR2);
    return 0;
}
