/* The checks of clone and clone3, before anything is made. */

#define THREAD_FLAGS (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)
#define INTO_CGROUP 0x200000000ull
#define CLEAR_SIGHAND 0x100000000ull

struct arguments {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid,
        set_tid_size, cgroup, more[8];
};

static char stack[65536] __attribute__((aligned(16)));

/* The child would return here with a stack of zeros, so only calls that fail are made. */
static void try_clone3(const char *name, struct arguments arguments, size_t size)
{
    printf("%s %zu: %s\n", name, size, outcome(syscall(SYS_clone3, &arguments, size)));
}

static void try_clone(const char *name, unsigned long flags, void *at, void *parent, void *child, unsigned long tls)
{
    printf("%s: %s\n", name, outcome(syscall(SYS_clone, flags, at, parent, child, tls)));
}

static volatile int ran;
static volatile int cleared = -1;

/* Makes a thread by hand, which ends without a stack of its own. */
__attribute__((noinline)) static long thread_by_hand(unsigned long flags, int *parent, volatile int *child)
{
    long result;
    register long tls asm("r8") = 0;
    register volatile int *child_number asm("r10") = child;
    asm volatile("syscall\n"
                 "test %%rax, %%rax\n"
                 "jnz 1f\n"
                 "movl $1, %[ran]\n"
                 "mov $60, %%eax\n"
                 "xor %%edi, %%edi\n"
                 "syscall\n"
                 "1:\n"
                 : "=a"(result), [ran] "=m"(ran)
                 : "a"(SYS_clone), "D"(flags), "S"(stack + sizeof stack), "d"(parent), "r"(child_number), "r"(tls)
                 : "rcx", "r11", "memory");
    return result;
}

static void run(int argc, char **argv)
{
    (void) argc;
    (void) argv;
    struct arguments good = {.flags = THREAD_FLAGS, .stack = (uint64_t) stack, .stack_size = sizeof stack};
    struct arguments bad;
    int number = 0;

    for (size_t size = 0; size < 64; size += 7) {
        try_clone3("small", good, size);
    }
    try_clone3("large", good, 4097);
    try_clone3("huge", good, -1ul);
    bad = good, bad.more[0] = 1;
    try_clone3("more", bad, 96);
    try_clone3("more", bad, sizeof bad);
    SHOW(syscall(SYS_clone3, 8l, 64));
    SHOW(syscall(SYS_clone3, -8l, 64));
    SHOW(syscall(SYS_clone3, 0l, 88));
    for (unsigned signal = 1; signal < 300; signal = signal * 2 + 1) {
        bad = good, bad.exit_signal = signal;
        try_clone3("signal", bad, 88);
    }
    bad = good, bad.stack_size = 0;
    try_clone3("no size", bad, 64);
    bad = good, bad.stack = 0;
    try_clone3("no stack", bad, 64);
    bad = good, bad.stack = 1ul << 63;
    try_clone3("far stack", bad, 64);
    bad = good, bad.stack_size = 1ul << 62;
    try_clone3("long stack", bad, 64);
    bad = good, bad.set_tid_size = 1;
    try_clone3("numbers", bad, 80);
    bad = good, bad.set_tid = (uint64_t) &number;
    try_clone3("numbers", bad, 80);
    bad = good, bad.set_tid = (uint64_t) &number, bad.set_tid_size = 33;
    try_clone3("numbers", bad, 80);
    bad = good, bad.set_tid = 8, bad.set_tid_size = 1;
    try_clone3("numbers", bad, 80);
    bad = good, bad.flags |= INTO_CGROUP, bad.cgroup = 1;
    try_clone3("cgroup", bad, 80);
    bad = good, bad.flags |= INTO_CGROUP, bad.cgroup = 1ul << 40;
    try_clone3("cgroup", bad, 88);
    for (int bit = 0; bit < 64; bit++) {
        /* Those that change what is made but do not make it fail. */
        uint64_t flag = 1ull << bit;
        if (flag == CLONE_PARENT_SETTID || flag == CLONE_CHILD_CLEARTID || flag == CLONE_CHILD_SETTID
            || flag == CLONE_PTRACE || flag == CLONE_UNTRACED || flag == CLONE_IO || flag == CLONE_PARENT
            || flag == CLONE_VFORK || flag == CLONE_PIDFD || flag == INTO_CGROUP || flag == CLONE_NEWUSER
            || flag == CLONE_SETTLS || (good.flags & flag)) {
            continue;
        }
        bad = good, bad.flags |= flag;
        char name[16];
        snprintf(name, sizeof name, "bit %d", bit);
        try_clone3(name, bad, 88);
    }
    bad = good, bad.flags |= CLONE_SETTLS, bad.tls = 1ul << 63;
    try_clone3("far storage", bad, 64);
    bad = good, bad.flags |= CLONE_PIDFD | CLONE_PARENT_SETTID, bad.pidfd = bad.parent_tid = (uint64_t) &number;
    try_clone3("same", bad, 64);
    bad = good, bad.flags |= CLEAR_SIGHAND;
    try_clone3("clear", bad, 64);
    bad = good, bad.flags &= ~CLONE_SIGHAND;
    try_clone3("without handlers", bad, 64);
    bad = good, bad.flags &= ~CLONE_VM;
    try_clone3("without memory", bad, 64);

    try_clone("without handlers", THREAD_FLAGS & ~CLONE_SIGHAND, stack + sizeof stack, 0, 0, 0);
    try_clone("without memory", THREAD_FLAGS & ~CLONE_VM, stack + sizeof stack, 0, 0, 0);
    try_clone("handlers without memory", CLONE_SIGHAND, 0, 0, 0, 0);
    try_clone("namespace and folders", CLONE_NEWNS | CLONE_FS, 0, 0, 0, 0);
    try_clone("user and folders", CLONE_NEWUSER | CLONE_FS, 0, 0, 0, 0);
    try_clone("far storage", THREAD_FLAGS | CLONE_SETTLS, stack + sizeof stack, 0, 0, 1ul << 63);

    for (int round = 0; round < 3; round++) {
        int parent = -1;
        ran = 0;
        cleared = -1;
        long made = thread_by_hand(
            THREAD_FLAGS | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | CLONE_DETACHED
                | (round == 1 ? SIGCHLD : 0),
            &parent, &cleared);
        while (cleared != 0) {
            syscall(SYS_futex, &cleared, FUTEX_WAIT, made, NULL);
        }
        printf("made %d %d %d\n", made > 0, parent == made, ran);
    }
    /* Where the number cannot be written. */
    ran = 0;
    printf("made %d\n", thread_by_hand(THREAD_FLAGS | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID,
                                       (int *) 8, (int *) 8) > 0);
    while (!ran) {
        sched_yield();
    }
    printf("address %d\n", syscall(SYS_set_tid_address, 8) == syscall(SYS_gettid));
}
