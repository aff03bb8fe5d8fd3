/* Signals to threads: who takes them, what they interrupt, and what a thread has for itself. */
#include <pthread.h>
#include <stdatomic.h>
#include <ucontext.h>

static pthread_t main_thread;
static atomic_int step, taken, ready, stop;
static _Thread_local const char *name = "main";
static const char *volatile taker;
static volatile int code_seen, value_seen, signal_seen;

static void until(atomic_int *what, int value)
{
    while (atomic_load(what) < value) {
        sched_yield();
    }
}

static void note(int signal, siginfo_t *info, void *context)
{
    (void)context;
    taker = name;
    signal_seen = signal;
    code_seen = info->si_code;
    value_seen = info->si_value.sival_int;
    atomic_fetch_add(&taken, 1);
}

static void handle(int signal, int flags)
{
    struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO | flags};
    sigaction(signal, &action, NULL);
}

static void mask(int how, int signal)
{
    sigset_t set;
    sigemptyset(&set);
    if (signal) {
        sigaddset(&set, signal);
    }
    pthread_sigmask(how, &set, NULL);
}

static pthread_t start(void *(*function)(void *), void *argument)
{
    pthread_t thread;
    atomic_store(&ready, 0);
    atomic_store(&stop, 0);
    atomic_store(&taken, 0);
    taker = "nobody";
    pthread_create(&thread, NULL, function, argument);
    until(&ready, 1);
    return thread;
}

static int tid;

/* Computes without system calls until it is told to stop. */
static void *spin(void *own_name)
{
    name = own_name;
    tid = gettid();
    atomic_store(&ready, 1);
    while (!atomic_load(&stop)) {
    }
    return NULL;
}

static void end(pthread_t thread)
{
    atomic_store(&stop, 1);
    pthread_join(thread, NULL);
}

static void show_taken(const char *how)
{
    until(&taken, 1);
    printf("%s: %d taken by %s code %d\n", how, signal_seen, taker, code_seen);
    atomic_store(&taken, 0);
    taker = "nobody";
}

static long queue(int process, int thread, int signal, int code, int value)
{
    siginfo_t info = {.si_code = code};
    info.si_value.sival_int = value;
    return thread ? syscall(SYS_rt_tgsigqueueinfo, process, thread, signal, &info) : syscall(SYS_rt_sigqueueinfo, process, signal, &info);
}

static void to_running(void)
{
    handle(SIGUSR1, 0);
    pthread_t other = start(spin, "other");
    pthread_kill(other, SIGUSR1);
    show_taken("pthread_kill to one that computes");
    syscall(SYS_tkill, tid, SIGUSR1);
    show_taken("tkill");
    kill(getpid(), SIGUSR1);
    show_taken("kill");
    mask(SIG_BLOCK, SIGUSR1);
    kill(getpid(), SIGUSR1);
    show_taken("kill while main blocks it");
    mask(SIG_UNBLOCK, SIGUSR1);
    kill(tid, SIGUSR1);
    show_taken("kill with the number of the thread");
    SHOW(queue(getpid(), tid, SIGUSR1, SI_QUEUE, 17));
    show_taken("queued");
    printf("value %d\n", value_seen);
    SHOW(queue(getpid(), tid, SIGUSR1, SI_TKILL, 17));
    SHOW(queue(getpid(), tid, SIGUSR1, 0, 17));
    SHOW(queue(getpid(), gettid(), SIGUSR1, SI_TKILL, 18));
    show_taken("queued to itself");
    SHOW(queue(tid, 0, SIGUSR1, SI_QUEUE, 19));
    show_taken("queued to the number of the thread");
    SHOW(syscall(SYS_tgkill, getpid(), tid, 0));
    SHOW(syscall(SYS_tgkill, tid, tid, SIGUSR1));
    SHOW(syscall(SYS_tgkill, getpid(), tid, 65));
    SHOW(syscall(SYS_tgkill, getpid(), NOBODY, SIGUSR1));
    SHOW(syscall(SYS_tkill, -1, SIGUSR1));
    end(other);
    SHOW(syscall(SYS_tgkill, getpid(), tid, 0));
}

static void *sleep_blocked(void *own_name)
{
    name = own_name;
    mask(SIG_BLOCK, SIGUSR1);
    tid = gettid();
    atomic_store(&ready, 1);
    until(&stop, 1);
    mask(SIG_UNBLOCK, SIGUSR1);
    return NULL;
}

/* Nobody takes it until the other thread unblocks it. */
static void to_blocked(void)
{
    sigset_t pending;
    pthread_t other = start(sleep_blocked, "other");
    mask(SIG_BLOCK, SIGUSR1);
    kill(getpid(), SIGUSR1);
    sigpending(&pending);
    printf("pending in main %d, taken %d\n", sigismember(&pending, SIGUSR1), atomic_load(&taken));
    end(other);
    show_taken("unblocked");
    sigpending(&pending);
    printf("pending in main %d\n", sigismember(&pending, SIGUSR1));
    /* One to the thread is pending for it alone, and goes with it. */
    other = start(sleep_blocked, "other");
    pthread_kill(other, SIGUSR1);
    sigpending(&pending);
    printf("pending in main %d\n", sigismember(&pending, SIGUSR1));
    signal(SIGUSR1, SIG_IGN);
    handle(SIGUSR1, 0);
    end(other);
    printf("dropped: %d\n", atomic_load(&taken));
    mask(SIG_UNBLOCK, SIGUSR1);
}

static volatile int result_of_wait, error_of_wait;

static void *wait_for_it(void *how)
{
    sigset_t set, none;
    siginfo_t info;
    struct timespec soon = {0, 1000000}, late = {1000, 0};
    name = "other";
    tid = gettid();
    sigemptyset(&none);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    atomic_store(&ready, 1);
    errno = 0;
    switch ((long)how) {
        case 0: result_of_wait = sigsuspend(&none); break;
        case 1: result_of_wait = sigwaitinfo(&set, &info); break;
        case 2: result_of_wait = sigtimedwait(&set, &info, &late); break;
        case 3: result_of_wait = ppoll(NULL, 0, NULL, &none); break;
        case 4: result_of_wait = pselect(0, NULL, NULL, NULL, &late, &none); break;
        case 5: result_of_wait = sigtimedwait(&set, &info, &soon); break;
    }
    error_of_wait = errno;
    sigset_t after;
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    printf("wait %ld: %d %s, blocked again %d, handled %d\n", (long)how, result_of_wait, error_of_wait ? strerrorname_np(error_of_wait) : "fine",
        sigismember(&after, SIGUSR1), atomic_load(&taken));
    return NULL;
}

static void waits(void)
{
    for (int flags = 0; flags <= SA_RESTART; flags += SA_RESTART) {
        handle(SIGUSR1, flags);
        for (long how = 0; how < 6; how++) {
            pthread_t other = start(wait_for_it, (void *)how);
            if (how != 5) {
                pthread_kill(other, SIGUSR1);
            }
            pthread_join(other, NULL);
        }
        /* One to the process, which main blocks: the waiting thread takes it. */
        mask(SIG_BLOCK, SIGUSR1);
        for (long how = 0; how < 5; how++) {
            pthread_t other = start(wait_for_it, (void *)how);
            kill(getpid(), SIGUSR1);
            pthread_join(other, NULL);
        }
        mask(SIG_UNBLOCK, SIGUSR1);
    }
}

static int ends[2];

static void *read_pipe(void *unused)
{
    char byte = 0;
    name = "other";
    atomic_store(&ready, 1);
    errno = 0;
    long count = read(ends[0], &byte, 1);
    printf("read: %ld %s\n", count, errno ? strerrorname_np(errno) : "fine");
    atomic_store(&step, 1);
    return unused;
}

static void restarts(void)
{
    if (pipe(ends)) {
        return;
    }
    for (int flags = 0; flags <= SA_RESTART; flags += SA_RESTART) {
        handle(SIGUSR1, flags);
        atomic_store(&step, 0);
        pthread_t other = start(read_pipe, NULL);
        while (flags ? atomic_load(&taken) < 3 : !atomic_load(&step)) {
            int before = atomic_load(&taken);
            pthread_kill(other, SIGUSR1);
            while (atomic_load(&taken) == before && !atomic_load(&step)) {
                sched_yield();
            }
        }
        if (flags && write(ends[1], "x", 1) != 1) {
            return;
        }
        pthread_join(other, NULL);
    }
}

static char stacks[2][1 << 16];
static volatile int on_stack[2];

static void fault(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    char here;
    int own = name[0] == 'm' ? 0 : 1;
    on_stack[own] = &here >= stacks[own] && &here < stacks[own] + sizeof stacks[own];
    stack_t old;
    sigaltstack(NULL, &old);
    on_stack[own] += old.ss_flags & SS_ONSTACK ? 10 : 0;
    on_stack[own] += info->si_addr == (void *)8 ? 100 : 0;
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += 2; /* the length of the instruction */
}

static void touch_null(void)
{
    __asm__ volatile("movl $8, %%eax\n\tmovb (%%rax), %%al" ::: "rax", "memory");
}

static void *fault_there(void *own_name)
{
    name = own_name;
    stack_t now;
    sigaltstack(NULL, &now);
    printf("stack of a new thread: %s\n", now.ss_flags & SS_DISABLE ? "none" : "some");
    stack_t own = {.ss_sp = stacks[1], .ss_size = sizeof stacks[1]};
    sigaltstack(&own, NULL);
    touch_null();
    printf("fault of other: %d\n", on_stack[1]);
    return NULL;
}

static void faults(void)
{
    struct sigaction action = {.sa_sigaction = fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaction(SIGSEGV, &action, NULL);
    stack_t own = {.ss_sp = stacks[0], .ss_size = sizeof stacks[0]};
    sigaltstack(&own, NULL);
    pthread_t other;
    pthread_create(&other, NULL, fault_there, "other");
    pthread_join(other, NULL);
    touch_null();
    printf("fault of main: %d\n", on_stack[0]);
}

static void *show_mask(void *unused)
{
    sigset_t now, pending;
    pthread_sigmask(SIG_SETMASK, NULL, &now);
    sigpending(&pending);
    printf("inherited: blocked %d %d, pending %d\n", sigismember(&now, SIGUSR2), sigismember(&now, SIGUSR1), sigismember(&pending, SIGUSR2));
    return unused;
}

static void inherits(void)
{
    pthread_t other;
    mask(SIG_BLOCK, SIGUSR2);
    pthread_kill(main_thread, SIGUSR2);
    pthread_create(&other, NULL, show_mask, NULL);
    pthread_join(other, NULL);
    signal(SIGUSR2, SIG_IGN);
    mask(SIG_UNBLOCK, SIGUSR2);
}

/* As a runtime preempts its threads: many signals to one that computes, on a stack of its own. */
static void preempts(void)
{
    handle(SIGURG, SA_ONSTACK | SA_RESTART);
    pthread_t other = start(spin, "other");
    for (int i = 1; i <= 200; i++) {
        syscall(SYS_tgkill, getpid(), tid, SIGURG);
        until(&taken, i);
    }
    printf("preempted %d times, all in %s\n", atomic_load(&taken), taker);
    end(other);
}

static void run(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    main_thread = pthread_self();
    to_running();
    to_blocked();
    waits();
    restarts();
    faults();
    inherits();
    preempts();
}
