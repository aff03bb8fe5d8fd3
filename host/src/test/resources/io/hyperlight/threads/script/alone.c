/* Steps that one thread makes alone, or with threads that exist during the step only. */

typedef uint32_t lanes __attribute__((vector_size(64)));

__attribute__((always_inline)) static inline uint64_t in_lanes(uint64_t seed, int rounds)
{
    lanes x, add;
    uint64_t result = seed;
    for (int i = 0; i < 16; i++) {
        x[i] = (uint32_t)seed + (uint32_t)i;
        add[i] = 1013904223u + (uint32_t)i;
    }
    for (int i = 0; i < rounds; i++) {
        x = x * 1664525u + add;
    }
    for (int i = 0; i < 16; i++) {
        result = mix(result, x[i]);
    }
    return result;
}

static uint64_t in_narrow_lanes(uint64_t seed, int rounds) { return in_lanes(seed, rounds); }

__attribute__((target("avx2"))) static uint64_t in_wide_lanes(uint64_t seed, int rounds)
{
    return in_lanes(seed, rounds);
}

/* In each kind of register, which other threads use as well. */
static uint64_t compute(struct step *p)
{
    uint64_t seed = (uint64_t)p->seed;
    double number = 1;
    long double extended = 0;
    switch (p->variant % 5) {
        case 0: return work(seed, p->amount);
        case 1:
            for (int i = 0; i < p->amount; i++) {
                number = number * 0.999 + (double)i / 3;
            }
            memcpy(&seed, &number, sizeof seed);
            return seed;
        case 2:
            for (int i = 0; i < p->amount; i++) {
                extended += (long double)((p->seed ^ i) & 0xffff);
            }
            return (uint64_t)extended;
        case 3:
            return __builtin_cpu_supports("avx2") ? in_wide_lanes(seed, p->amount)
                                                  : in_narrow_lanes(seed, p->amount);
        default: {
            uint64_t table[512];
            for (int i = 0; i < 512; i++) {
                table[i] = seed;
            }
            for (int i = 0; i < p->amount; i++) {
                table[i % 512] = mix(table[i * 7 % 512], (uint64_t)i);
            }
            return mix(table[3], table[511]);
        }
    }
}

static void post_event(union sigval sem) { sem_post(sem.sival_ptr); }

static pthread_mutex_t alarming = PTHREAD_MUTEX_INITIALIZER;

static void nap_by_timer(struct step *p, int way)
{
    sem_t sem;
    timer_t timer;
    uint64_t count;
    int received;
    struct itimerspec once = {{0, 0}, {0, p->amount * 1000L}};
    struct sigevent event = {.sigev_signo = SIGRTMIN + 5};
    sigset_t set = only(way == 2 ? SIGALRM : SIGRTMIN + 5);
    struct itimerval soon = {{0, 0}, {0, p->amount}};
    int fd;
    switch (way) {
        case 0:
            event.sigev_notify = 4; /* SIGEV_THREAD_ID */
            *(int *)((char *)&event + 16) = (int)syscall(SYS_gettid);
            OK(timer_create(CLOCK_MONOTONIC, &event, &timer));
            OK(timer_settime(timer, 0, &once, NULL));
            OK(sigwait(&set, &received));
            OK(timer_delete(timer));
            return;
        case 1:
            event.sigev_notify = SIGEV_THREAD;
            event.sigev_notify_function = post_event;
            event.sigev_value.sival_ptr = &sem;
            OK(sem_init(&sem, 0, 0));
            OK(timer_create(CLOCK_REALTIME, &event, &timer));
            OK(timer_settime(timer, 0, &once, NULL));
            wait_for(&sem);
            OK(timer_delete(timer));
            return;
        case 2:
            OK(pthread_mutex_lock(&alarming));
            OK(setitimer(ITIMER_REAL, &soon, NULL));
            OK(sigwait(&set, &received));
            OK(pthread_mutex_unlock(&alarming));
            return;
        default:
            fd = timerfd_create(CLOCK_MONOTONIC, 0);
            once.it_interval.tv_nsec = p->amount * 1000L;
            OK(timerfd_settime(fd, 0, &once, NULL));
            read_all(fd, &count, sizeof count);
            CHECK(count >= 1);
            OK(close(fd));
    }
}

/* Waits for nothing but the time. */
static void nap(struct step *p)
{
    int64_t begin = monotonic();
    struct timespec time = {0, p->amount * 1000L}, until = in(CLOCK_REALTIME, p->amount);
    struct timespec monotonic_until = in(CLOCK_MONOTONIC, p->amount);
    struct timeval interval = {0, p->amount};
    struct epoll_event event;
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
    pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
    sem_t sem;
    int word = 1, fd;
    sigset_t set = only(SIGRTMIN + 5);
    switch (p->variant % 16) {
        case 0: while (nanosleep(&time, &time) != 0) CHECK(errno == EINTR); break;
        case 1:
            while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &monotonic_until, NULL) == EINTR) {
            }
            break;
        case 2: OK(poll(NULL, 0, 1 + p->amount / 1000)); break;
        case 3: OK(select(0, NULL, NULL, NULL, &interval)); break;
        case 4:
            fd = epoll_create1(0);
            OK(epoll_wait(fd, &event, 1, 1 + p->amount / 1000));
            OK(close(fd));
            break;
        case 5:
            OK(sem_init(&sem, 0, 0));
            CHECK(sem_timedwait(&sem, &until) == -1 && errno == ETIMEDOUT);
            return;
        case 6:
            OK(pthread_mutex_lock(&mutex));
            CHECK(pthread_cond_timedwait(&cond, &mutex, &until) == ETIMEDOUT);
            OK(pthread_mutex_unlock(&mutex));
            return;
        case 7: CHECK(futex(&word, WAIT | PRIVATE, 1, &time, NULL, 0) == -ETIMEDOUT); break;
        case 8: CHECK(sigtimedwait(&set, NULL, &time) == -1 && errno == EAGAIN); break;
        case 9:
            while (clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, NULL) == EINTR) {
            }
            return;
        case 10:
            OK(pthread_mutex_lock(&mutex));
            CHECK(pthread_mutex_timedlock(&mutex, &until) == ETIMEDOUT);
            return;
        case 11:
            OK(pthread_rwlock_rdlock(&rwlock));
            CHECK(pthread_rwlock_timedwrlock(&rwlock, &until) == ETIMEDOUT);
            return;
        default: nap_by_timer(p, p->variant % 4); return;
    }
    CHECK(time_stands_still || monotonic() - begin >= p->amount * 1000L);
}

static uint64_t touch(unsigned char *area, size_t size, uint64_t seed)
{
    uint64_t result = seed;
    for (size_t i = 0; i < size; i += 4096) {
        *(volatile uint64_t *)(area + i) = mix(seed, i);
    }
    for (size_t i = 0; i < size; i += 4096) {
        result = mix(result, *(volatile uint64_t *)(area + i));
    }
    return result;
}

/* All threads share the address space that these steps change. */
static uint64_t memory(struct step *p)
{
    size_t size = 4096ul * (size_t)p->amount;
    uint64_t seed = (uint64_t)p->seed, result;
    if (p->variant % 6 == 4) {
        unsigned char *block = malloc(size);
        CHECK(block != NULL);
        result = touch(block, size, seed);
        block = realloc(block, 2 * size);
        CHECK(block != NULL && *(uint64_t *)block == mix(seed, 0));
        free(block);
        return result;
    }
    int fd = p->variant % 6 == 5 ? memfd_create("alias", 0) : -1;
    OK(fd < 0 ? 0 : ftruncate(fd, (off_t)size));
    unsigned char *area = mmap(NULL, size, PROT_READ | PROT_WRITE,
                               fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, fd, 0);
    CHECK(area != MAP_FAILED);
    result = touch(area, size, seed);
    unsigned char *other;
    switch (p->variant % 6) {
        case 1:
            OK(mprotect(area, size, PROT_READ));
            CHECK(*(volatile uint64_t *)area == mix(seed, 0));
            OK(mprotect(area, size, PROT_NONE));
            OK(mprotect(area, size, PROT_READ | PROT_WRITE));
            CHECK(touch(area, size, seed) == result);
            break;
        case 2:
            other = mremap(area, size, 3 * size, MREMAP_MAYMOVE);
            CHECK(other != MAP_FAILED && *(volatile uint64_t *)other == mix(seed, 0));
            area = other;
            size *= 3;
            break;
        case 3:
            OK(madvise(area, size, MADV_DONTNEED));
            CHECK(*(volatile uint64_t *)area == 0);
            break;
        case 5:
            other = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
            CHECK(other != MAP_FAILED && *(volatile uint64_t *)other == mix(seed, 0));
            *(volatile uint64_t *)other = 7;
            CHECK(*(volatile uint64_t *)area == 7);
            OK(munmap(other, size));
            OK(close(fd));
            break;
    }
    OK(munmap(area, size));
    return result;
}

static void handle(int number)
{
    if (number == SIGRTMIN + 1) {
        handled_queued++;
        return;
    }
    handled++;
    if (acknowledge != NULL) {
        sem_post(acknowledge);
    }
}

static void queue_signal(int tid, int number, uint64_t value)
{
    siginfo_t info;
    memset(&info, 0, sizeof info);
    info.si_code = SI_QUEUE;
    info.si_pid = getpid();
    info.si_uid = getuid();
    info.si_value.sival_ptr = (void *)value;
    while (syscall(SYS_rt_tgsigqueueinfo, getpid(), tid, number, &info) != 0) {
        CHECK(errno == EAGAIN);
        sched_yield();
    }
}

/* Signals that a thread sends itself. */
static void signal_self(struct step *p)
{
    int before = handled, queued = handled_queued, received, own = (int)syscall(SYS_gettid);
    sigset_t user = only(SIGUSR2), queue = only(SIGRTMIN + 1), old;
    siginfo_t info;
    struct signalfd_siginfo read_info;
    stack_t stack = {.ss_sp = NULL, .ss_size = 32768}, none = {.ss_flags = SS_DISABLE};
    int fd;
    switch (p->variant % 8) {
        case 0: OK(raise(SIGUSR2)); CHECK(handled == before + 1); break;
        case 1: OK(pthread_kill(pthread_self(), SIGUSR2)); CHECK(handled == before + 1); break;
        case 2: queue_signal(own, SIGRTMIN + 1, 5); CHECK(handled_queued == queued + 1); break;
        case 3:
            OK(pthread_sigmask(SIG_BLOCK, &user, &old));
            OK(pthread_kill(pthread_self(), SIGUSR2));
            OK(pthread_kill(pthread_self(), SIGUSR2));
            CHECK(handled == before);
            OK(pthread_sigmask(SIG_SETMASK, &old, NULL));
            CHECK(handled == before + 1);
            break;
        case 4:
            OK(pthread_sigmask(SIG_BLOCK, &queue, &old));
            for (int i = 0; i < p->amount; i++) {
                queue_signal(own, SIGRTMIN + 1, (uint64_t)i);
            }
            for (int i = 0; i < p->amount / 2; i++) {
                CHECK(sigwaitinfo(&queue, &info) == SIGRTMIN + 1 && info.si_value.sival_int == i);
            }
            OK(pthread_sigmask(SIG_SETMASK, &old, NULL));
            CHECK(handled_queued == queued + p->amount - p->amount / 2);
            break;
        case 5:
            stack.ss_sp = malloc(stack.ss_size);
            OK(sigaltstack(&stack, NULL));
            OK(raise(SIGURG)); /* on that stack */
            CHECK(handled == before + 1);
            OK(sigaltstack(&none, NULL));
            free(stack.ss_sp);
            break;
        case 6:
            OK(pthread_sigmask(SIG_BLOCK, &user, &old));
            OK(pthread_kill(pthread_self(), SIGUSR2));
            OK(sigwait(&user, &received));
            CHECK(received == SIGUSR2 && handled == before);
            OK(pthread_kill(pthread_self(), SIGUSR2));
            CHECK(sigsuspend(&old) == -1 && errno == EINTR && handled == before + 1);
            OK(pthread_sigmask(SIG_SETMASK, &old, NULL));
            break;
        default:
            OK(pthread_sigmask(SIG_BLOCK, &user, &old));
            fd = signalfd(-1, &user, 0);
            OK(pthread_kill(pthread_self(), SIGUSR2));
            read_all(fd, &read_info, sizeof read_info);
            CHECK((int)read_info.ssi_signo == SIGUSR2);
            OK(close(fd));
            OK(pthread_sigmask(SIG_SETMASK, &old, NULL));
            CHECK(handled == before);
    }
}

static void destroy(void *value)
{
    total += (uint64_t)value;
}

static __thread uint64_t kept = 17;

static uint64_t thread_local_value(struct step *p)
{
    if (p->variant % 2 == 0) {
        return kept = mix(kept, (uint64_t)p->seed);
    }
    uint64_t before = (uint64_t)pthread_getspecific(keys[p->object % KEYS]);
    OK(pthread_setspecific(keys[p->object % KEYS], (void *)(mix(before, (uint64_t)p->seed) | 1)));
    return before;
}

static void names(struct step *p)
{
    char name[16], found[16];
    snprintf(name, sizeof name, "n%d", p->seed);
    if (p->variant % 2 == 0) {
        OK(prctl(PR_SET_NAME, name));
    } else {
        OK(pthread_setname_np(pthread_self(), name));
    }
    sched_yield();
    OK(prctl(PR_GET_NAME, found));
    OK(strcmp(name, found));
}
