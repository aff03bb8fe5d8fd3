/* Steps of one thread with helpers that exist during the step only: locks, cancellation, owners that die, threads
   without a library. */

enum lock_kind {
    NORMAL, RECURSIVE, ERROR_CHECK, ADAPTIVE, ROBUST, INHERIT, ROBUST_INHERIT, SHARED, WRITER, OWN_FUTEX, OWN_INHERIT,
    SEMAPHORE, IN_PIPE, IN_EVENT, C11, SPIN
};

static pthread_mutex_t mutexes[SHARED + 1];
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_spinlock_t spin;
static sem_t binary;
static mtx_t c11;
static int token_pipe[2], token_event;
static _Atomic int own_futex, own_inherit;

static void init_mutex(pthread_mutex_t *mutex, int type, int robust, int inherit, int process_shared)
{
    pthread_mutexattr_t attributes;
    OK(pthread_mutexattr_init(&attributes));
    OK(pthread_mutexattr_settype(&attributes, type));
    OK(pthread_mutexattr_setrobust(&attributes, robust ? PTHREAD_MUTEX_ROBUST : PTHREAD_MUTEX_STALLED));
    OK(pthread_mutexattr_setprotocol(&attributes, inherit ? PTHREAD_PRIO_INHERIT : PTHREAD_PRIO_NONE));
    OK(pthread_mutexattr_setpshared(&attributes, process_shared));
    OK(pthread_mutex_init(mutex, &attributes));
    OK(pthread_mutexattr_destroy(&attributes));
}

static void init_locks(void)
{
    uint64_t one = 1;
    init_mutex(&mutexes[NORMAL], PTHREAD_MUTEX_NORMAL, 0, 0, 0);
    init_mutex(&mutexes[RECURSIVE], PTHREAD_MUTEX_RECURSIVE, 0, 0, 0);
    init_mutex(&mutexes[ERROR_CHECK], PTHREAD_MUTEX_ERRORCHECK, 0, 0, 0);
#ifdef PTHREAD_MUTEX_ADAPTIVE_NP
    init_mutex(&mutexes[ADAPTIVE], PTHREAD_MUTEX_ADAPTIVE_NP, 0, 0, 0);
#endif
    init_mutex(&mutexes[ROBUST], PTHREAD_MUTEX_NORMAL, 1, 0, 0);
    init_mutex(&mutexes[INHERIT], PTHREAD_MUTEX_NORMAL, 0, 1, 0);
    init_mutex(&mutexes[ROBUST_INHERIT], PTHREAD_MUTEX_ERRORCHECK, 1, 1, 0);
    init_mutex(&mutexes[SHARED], PTHREAD_MUTEX_NORMAL, 0, 0, PTHREAD_PROCESS_SHARED);
    OK(pthread_spin_init(&spin, 0));
    OK(sem_init(&binary, 0, 1));
    OK(mtx_init(&c11, mtx_plain));
    OK(pipe(token_pipe));
    CHECK(write(token_pipe[1], "x", 1) == 1);
    token_event = eventfd(0, 0);
    write_all(token_event, &one, sizeof one);
}

static void take_mutex(pthread_mutex_t *mutex, int way)
{
    struct timespec late = in(CLOCK_REALTIME, 1000000000);
    switch (time_stands_still ? 0 : way % 3) {
        case 0: OK(pthread_mutex_lock(mutex)); return;
        case 1:
            while (pthread_mutex_trylock(mutex) != 0) {
                sched_yield();
            }
            return;
        default: OK(pthread_mutex_timedlock(mutex, &late));
    }
}

static void take(int lock, int way)
{
    char byte;
    uint64_t one;
    int free_word = 0;
    struct timespec late = in(CLOCK_REALTIME, 1000000000);
    switch (lock) {
        case RECURSIVE:
            take_mutex(&mutexes[lock], way);
            take_mutex(&mutexes[lock], way + 1);
            return;
        case ERROR_CHECK:
        case ROBUST_INHERIT:
            take_mutex(&mutexes[lock], way);
            CHECK(pthread_mutex_lock(&mutexes[lock]) == EDEADLK);
            return;
        case WRITER:
            if (way % 3 == 1) {
                while (pthread_rwlock_trywrlock(&rwlock) != 0) {
                    sched_yield();
                }
                return;
            }
            OK(way % 3 == 0 || time_stands_still ? pthread_rwlock_wrlock(&rwlock) : pthread_rwlock_timedwrlock(&rwlock, &late));
            return;
        case OWN_FUTEX: /* Drepper, Futexes are tricky: the second mutex */
            if (!atomic_compare_exchange_strong(&own_futex, &free_word, 1)) {
                while (atomic_exchange(&own_futex, 2) != 0) {
                    futex(&own_futex, WAIT | PRIVATE, 2, NULL, NULL, 0);
                }
            }
            return;
        case OWN_INHERIT:
            if (!atomic_compare_exchange_strong(&own_inherit, &free_word, (int)syscall(SYS_gettid))) {
                OK(futex(&own_inherit, LOCK_PI | PRIVATE, 0, NULL, NULL, 0));
            }
            return;
        case SEMAPHORE: wait_for(&binary); return;
        case IN_PIPE: read_all(token_pipe[0], &byte, 1); return;
        case IN_EVENT: read_all(token_event, &one, sizeof one); return;
        case C11: CHECK(mtx_lock(&c11) == thrd_success); return;
        case SPIN: OK(pthread_spin_lock(&spin)); return;
        default: take_mutex(&mutexes[lock], way);
    }
}

static void give(int lock)
{
    uint64_t one = 1;
    int own = (int)syscall(SYS_gettid);
    switch (lock) {
        case WRITER: OK(pthread_rwlock_unlock(&rwlock)); return;
        case OWN_FUTEX:
            if (atomic_exchange(&own_futex, 0) == 2) {
                futex(&own_futex, WAKE | PRIVATE, 1, NULL, NULL, 0);
            }
            return;
        case OWN_INHERIT:
            if (!atomic_compare_exchange_strong(&own_inherit, &own, 0)) {
                OK(futex(&own_inherit, UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0));
            }
            return;
        case SEMAPHORE: OK(sem_post(&binary)); return;
        case IN_PIPE: write_all(token_pipe[1], "x", 1); return;
        case IN_EVENT: write_all(token_event, &one, sizeof one); return;
        case C11: CHECK(mtx_unlock(&c11) == thrd_success); return;
        case RECURSIVE: OK(pthread_mutex_unlock(&mutexes[lock])); /* fall through */
        default: OK(pthread_mutex_unlock(&mutexes[lock]));
    }
}

/* Takes locks in one order, and changes what they guard in several steps. */
static void locked(struct step *p)
{
    for (int i = 0; i < SPIN; i++) {
        if (p->object & 1 << i) {
            take(i, p->variant + i);
        }
    }
    if (p->object & 1 << SPIN) { /* no system call while it is held: the others spin */
        OK(pthread_spin_lock(&spin));
    }
    for (int i = 0; i < LOCKS; i++) {
        if (p->object & 1 << i) {
            uint64_t before = *(volatile uint64_t *)&counters[i][0];
            work(before, p->amount);
            *(volatile uint64_t *)&counters[i][0] = before + mix((uint64_t)p->seed, (uint64_t)i);
            counters[i][1] = counters[i][0];
        }
    }
    if (p->object & 1 << SPIN) {
        OK(pthread_spin_unlock(&spin));
    }
    for (int i = SPIN - 1; i >= 0; i--) {
        if (p->object & 1 << i) {
            give(i);
        }
    }
}

static void read_locked(struct step *p)
{
    if (p->variant % 2 == 0) {
        OK(pthread_rwlock_rdlock(&rwlock));
    } else {
        while (pthread_rwlock_tryrdlock(&rwlock) != 0) {
            sched_yield();
        }
    }
    uint64_t first = *(volatile uint64_t *)&counters[WRITER][0];
    work(first, p->amount);
    sched_yield();
    CHECK(first == *(volatile uint64_t *)&counters[WRITER][1]);
    OK(pthread_rwlock_unlock(&rwlock));
}

static pthread_once_t once[4] = {PTHREAD_ONCE_INIT, PTHREAD_ONCE_INIT, PTHREAD_ONCE_INIT, PTHREAD_ONCE_INIT};
static int made[4];

static void make(int i)
{
    struct timespec time = {0, 20000};
    nanosleep(&time, NULL);
    sched_yield();
    made[i]++;
}

static void make0(void) { make(0); }
static void make1(void) { make(1); }
static void make2(void) { make(2); }
static void make3(void) { make(3); }

static void make_once(struct step *p)
{
    static void (*const makers[])(void) = {make0, make1, make2, make3};
    OK(pthread_once(&once[p->object % 4], makers[p->object % 4]));
    CHECK(made[p->object % 4] == 1);
}

struct helper {
    struct step *step;
    sem_t ready;
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    int fd[2], cleaned;
    _Atomic int word;
};

static void cleaned(void *helper) { ((struct helper *)helper)->cleaned++; }
static void close_it(void *fd) { OK(close(*(int *)fd)); }
static void unlock(void *mutex) { OK(pthread_mutex_unlock(mutex)); }

/* Waits for ever at one of the points where a thread can be cancelled. */
static void wait_for_cancel(struct helper *h)
{
    struct timespec long_time = {1000000, 0}, late = in(CLOCK_REALTIME, 1000000000);
    struct pollfd ready = {.fd = h->fd[0], .events = POLLIN};
    struct epoll_event event = {.events = EPOLLIN};
    static const char much[100000];
    sigset_t set = only(SIGRTMIN + 5);
    fd_set readable;
    char byte;
    int number, epoll;
    sem_t never;
    OK(sem_init(&never, 0, 0));
    switch (h->step->variant % 14) {
        case 0: sem_wait(&never); break;
        case 1:
        case 2:
            OK(pthread_mutex_lock(&h->mutex));
            pthread_cleanup_push(unlock, &h->mutex);
            if (h->step->variant % 14 == 1) {
                pthread_cond_wait(&h->cond, &h->mutex);
            } else {
                pthread_cond_timedwait(&h->cond, &h->mutex, &late);
            }
            pthread_cleanup_pop(1);
            break;
        case 3: number = (int)read(h->fd[0], &byte, 1); break;
        case 4: nanosleep(&long_time, NULL); break;
        case 5: pause(); break;
        case 6: poll(&ready, 1, -1); break;
        case 7: sigwait(&set, &number); break;
        case 8:
            for (;;) {
                pthread_testcancel();
                sched_yield();
            }
        case 9:
            epoll = epoll_create1(0);
            epoll_ctl(epoll, EPOLL_CTL_ADD, h->fd[0], &event);
            pthread_cleanup_push(close_it, &epoll);
            epoll_wait(epoll, &event, 1, -1);
            pthread_cleanup_pop(1);
            break;
        case 10:
            FD_ZERO(&readable);
            FD_SET(h->fd[0], &readable);
            select(h->fd[0] + 1, &readable, NULL, NULL, NULL);
            break;
        case 11: number = (int)write(h->fd[1], much, sizeof much); break;
        case 12: sem_timedwait(&never, &late); break;
        default:
            OK(pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &number));
            for (;;) {
                work(1, 1000);
                sched_yield();
            }
    }
}

static void *be_cancelled(void *helper)
{
    struct helper *h = helper;
    int state;
    OK(pthread_setspecific(keys[0], (void *)(uint64_t)h->step->seed));
    OK(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state));
    OK(sem_post(&h->ready));
    if (h->step->object % 2 == 1) {
        sched_yield();
    }
    pthread_cleanup_push(cleaned, helper);
    pthread_cleanup_push(cleaned, helper);
    OK(pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &state));
    do {
        wait_for_cancel(h);
        pthread_testcancel();
    } while (time_stands_still);
    fail("not cancelled", __LINE__);
    pthread_cleanup_pop(0);
    pthread_cleanup_pop(0);
    return NULL;
}

static pthread_t start(void *(*code)(void *), void *argument)
{
    pthread_attr_t attributes;
    pthread_t thread;
    OK(pthread_attr_init(&attributes));
    OK(pthread_attr_setstacksize(&attributes, 64 << 10));
    OK(pthread_create(&thread, &attributes, code, argument));
    OK(pthread_attr_destroy(&attributes));
    return thread;
}

static void cancel(struct step *p)
{
    struct helper h = {.step = p, .mutex = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER};
    void *result;
    OK(sem_init(&h.ready, 0, 0));
    OK(pipe(h.fd));
    pthread_t thread = start(be_cancelled, &h);
    if (p->object % 4 < 2) {
        wait_for(&h.ready);
    }
    for (int i = 0; i < p->amount; i++) {
        sched_yield();
    }
    OK(pthread_cancel(thread));
    OK(pthread_join(thread, &result));
    CHECK(result == PTHREAD_CANCELED && h.cleaned == 2);
    OK(close(h.fd[0]));
    OK(close(h.fd[1]));
}

static void *die_as_owner(void *helper)
{
    struct helper *h = helper;
    OK(pthread_mutex_lock(&h->mutex));
    OK(sem_post(&h->ready));
    for (int i = 0; i < h->step->amount; i++) {
        sched_yield();
    }
    if (h->step->object % 2 == 0) {
        pthread_exit(NULL);
    }
    return NULL;
}

static void *be_next_owner(void *helper)
{
    struct helper *h = helper;
    int error = pthread_mutex_lock(&h->mutex);
    if (error == EOWNERDEAD) {
        h->cleaned++;
        OK(pthread_mutex_consistent(&h->mutex));
    } else {
        OK(error);
    }
    OK(pthread_mutex_unlock(&h->mutex));
    return NULL;
}

/* A robust lock whose owner ends, while others wait for it or before. */
static void lose_owner(struct step *p)
{
    struct helper h = {.step = p};
    pthread_t next[3];
#ifdef __GLIBC__
    int inherits = p->variant % 2;
#else
    int inherits = p->variant % 4 == 3; /* musl frees such a lock before the kernel hands it over */
#endif
    init_mutex(&h.mutex, PTHREAD_MUTEX_NORMAL, 1, inherits, 0);
    OK(sem_init(&h.ready, 0, 0));
    pthread_t owner = start(die_as_owner, &h);
    wait_for(&h.ready);
    if (p->variant % 4 >= 2) {
        OK(pthread_join(owner, NULL));
    }
    for (int i = 0; i < 3; i++) {
        next[i] = start(be_next_owner, &h);
    }
    for (int i = 0; i < 3; i++) {
        OK(pthread_join(next[i], NULL));
    }
    if (p->variant % 4 < 2) {
        OK(pthread_join(owner, NULL));
    }
    CHECK(h.cleaned == 1);
    OK(pthread_mutex_lock(&h.mutex));
    OK(pthread_mutex_unlock(&h.mutex));
    OK(pthread_mutex_destroy(&h.mutex));
}

static long raw(long number, long a, long b, long c, long d, long e)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    __asm__ volatile("syscall" : "+a"(number) : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8) : "rcx", "r11", "memory");
    return number;
}

/* Runs without anything of the C library. */
__attribute__((used)) static void run_raw(struct step *p, uint64_t *result)
{
    raw(SYS_sched_yield, 0, 0, 0, 0, 0);
    *result = work((uint64_t)p->seed, p->amount);
    raw(SYS_exit, 0, 0, 0, 0, 0);
}

long make_raw(long flags, void *stack, void *parent, _Atomic int *child, long tls);
__asm__("make_raw: mov $56, %eax\n" /* clone */
        "mov %rcx, %r10\n"
        "syscall\n"
        "test %eax, %eax\n"
        "jnz 1f\n"
        "pop %rdi\n"
        "pop %rsi\n"
        "xor %ebp, %ebp\n"
        "call run_raw\n"
        "1: ret\n");

static uint64_t without_library(struct step *p)
{
    uint64_t result = 0;
    _Atomic int alive = 1;
    sigset_t all, old;
    size_t size = 32768;
    unsigned char *stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(stack != MAP_FAILED);
    uint64_t *top = (uint64_t *)(stack + size) - 4;
    top[0] = (uint64_t)p;
    top[1] = (uint64_t)&result;
    sigfillset(&all);
    OK(raw(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&old, 8, 0));
    /* CLONE_VM, FS, FILES, SIGHAND, THREAD, SYSVSEM, CHILD_CLEARTID */
    CHECK(make_raw(0x250f00, top, NULL, &alive, 0) > 0);
    OK(raw(SYS_rt_sigprocmask, SIG_SETMASK, (long)&old, 0, 8, 0));
    while (alive != 0) {
        futex(&alive, WAIT, 1, NULL, NULL, 0);
    }
    OK(munmap(stack, size));
    return result;
}
