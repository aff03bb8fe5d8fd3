/* Walks through the steps, starts and ends threads, and says what has come out. */

enum kind {
    COMPUTE, YIELD, NAP, LOCKED, READ_LOCKED, MAKE_ONCE, MEMORY, SIGNAL_SELF, THREAD_LOCAL, NAMES, CANCEL, LOSE_OWNER,
    WITHOUT_LIBRARY, CALL_HOST, CLOCK, TRANSFER, POUR, PASS_FILES, BARRIER, GATE, RING, SEND_SIGNALS, EVENTS, CREATE,
    JOIN, DETACH, END
};

#ifdef GUEST
HL_IMPORT(long, twice, long)
#else
static long twice(long number) { return 2 * number; }
#endif

static void *walk(void *thread);

/* For a thread that another one than its creator joins. */
static sem_t created[THREADS];

/* object: the new thread; variant: how */
static void create(struct step *p)
{
    pthread_attr_t attributes;
    OK(pthread_attr_init(&attributes));
    OK(pthread_attr_setstacksize(&attributes, (size_t)(64 + p->amount) << 10));
    if (p->variant % 3 == 1) {
        OK(pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED));
    }
    OK(pthread_attr_setguardsize(&attributes, p->seed % 2 == 0 ? 0 : 4096));
    OK(pthread_create(&handles[p->object], &attributes, walk, (void *)(((long)p->object << 16) + at + 1)));
    OK(sem_post(&created[p->object]));
    OK(pthread_attr_destroy(&attributes));
}

static uint64_t join(struct step *p)
{
    void *result;
    int error;
    struct timespec late = in(CLOCK_REALTIME, 1000000000);
    wait_for(&created[p->object]);
    switch (time_stands_still ? 0 : p->variant % 3) {
        case 0: OK(pthread_join(handles[p->object], &result)); break;
        case 1:
            while ((error = pthread_tryjoin_np(handles[p->object], &result)) == EBUSY) {
                sched_yield();
            }
            OK(error);
            break;
        default: OK(pthread_timedjoin_np(handles[p->object], &result, &late));
    }
    CHECK(result == (p->seed % 4 == 3 ? PTHREAD_CANCELED : (void *)sums[p->object]));
    return sums[p->object];
}

static int64_t latest;
static pthread_mutex_t clock_mutex = PTHREAD_MUTEX_INITIALIZER;

/* No thread sees an earlier time than another one has seen before. */
static void read_clock(void)
{
    OK(pthread_mutex_lock(&clock_mutex));
    int64_t now = monotonic();
    CHECK(now >= latest);
    latest = now;
    OK(pthread_mutex_unlock(&clock_mutex));
}

static uint64_t perform(struct step *p, struct shared *s, int role)
{
    switch (p->kind) {
        case COMPUTE: return compute(p);
        case YIELD: OK(sched_yield()); return 0;
        case NAP: nap(p); return 0;
        case LOCKED: locked(p); return 0;
        case READ_LOCKED: read_locked(p); return 0;
        case MAKE_ONCE: make_once(p); return 0;
        case MEMORY: return memory(p);
        case SIGNAL_SELF: signal_self(p); return 0;
        case THREAD_LOCAL: return thread_local_value(p);
        case NAMES: names(p); return 0;
        case CANCEL: cancel(p); return 0;
        case LOSE_OWNER: lose_owner(p); return 0;
        case WITHOUT_LIBRARY: return without_library(p);
        case CALL_HOST: return (uint64_t)twice(p->seed);
        case CLOCK: read_clock(); return 0;
        case TRANSFER: return transfer(p, s, role);
        case POUR: return pour(p, s, role);
        case PASS_FILES: return pass_files(p, s, role);
        case BARRIER: return barrier(p, s, role);
        case GATE: return gate(p, s, role);
        case RING: return ring(p, s, role);
        case SEND_SIGNALS: return send_signals(p, s, role);
        case EVENTS: return events(p, s, role);
        case CREATE: create(p); return 0;
        case JOIN: return join(p);
        case DETACH:
            wait_for(&created[p->object]);
            OK(pthread_detach(handles[p->object]));
            return 0;
        default: fail("no such step", __LINE__); return 0;
    }
}

/* As at the end of a thread, but now. */
static void destroy_values(void)
{
    for (int i = 0; i < KEYS; i++) {
        void *value = pthread_getspecific(keys[i]);
        OK(pthread_setspecific(keys[i], NULL));
        destroy(value);
    }
}

static void count_end(void *seed)
{
    total += (uint64_t)seed;
    sched_yield();
}

/* variant: how; object: whether nobody joins it */
static void *end(struct step *p)
{
    if (p->object) {
        total += sums[self];
        destroy_values();
        OK(p->object == 2 ? pthread_detach(pthread_self()) : 0);
        OK(sem_post(&detached_ends));
    }
    switch (p->variant % 4) {
        case 0: return (void *)sums[self];
        case 1: pthread_exit((void *)sums[self]);
        case 2:
            pthread_cleanup_push(count_end, (void *)(uint64_t)p->seed);
            pthread_exit((void *)sums[self]);
            pthread_cleanup_pop(1);
            return NULL;
        default:
            OK(pthread_cancel(pthread_self()));
            pthread_testcancel();
            fail("not cancelled", __LINE__);
            return NULL;
    }
}

static void *walk(void *thread)
{
    self = (int)((long)thread >> 16);
    uint64_t sum = (uint64_t)self;
    for (at = (int)((long)thread & 0xffff); at < step_count; at++) {
        struct step *p = &steps[at];
        for (int role = 0; role < p->count; role++) {
            if (p->threads[role] != self) {
                continue;
            }
            if (p->kind == END) {
                sums[self] = sum;
                return end(p);
            }
            struct shared *s = p->count > 1 ? enter(p, role) : NULL;
            sum = mix(sum, perform(p, s, role));
            if (s != NULL) {
                leave(p, s);
            }
        }
    }
    sums[self] = sum;
    return NULL;
}

static char result[128];
static _Atomic int is_over;

/* The first thread of the script, which ends last. */
static void *run(void *unused)
{
    (void)unused;
    walk(NULL);
    at = step_count - 1;
    for (int i = 0; i < step_count; i++) {
        if (steps[i].kind == END && steps[i].object) {
            wait_for(&detached_ends);
        }
    }
    destroy_values();
    uint64_t guarded = 0;
    for (int i = 0; i < LOCKS; i++) {
        guarded = mix(guarded, counters[i][0]);
    }
    snprintf(result, sizeof result, "%016lx %016lx %016lx", sums[0], guarded, (uint64_t)total);
    is_over = 1;
    return NULL;
}


static void prepare(const void *script, size_t size)
{
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
    sigset_t blocked = only(SIGALRM);
    steps = malloc(size);
    CHECK(steps != NULL && size % sizeof *steps == 0 && size / sizeof *steps <= STEPS);
    memcpy(steps, script, size);
    step_count = (int)(size / sizeof *steps);
    OK(sigaction(SIGUSR1, &action, NULL));
    OK(sigaction(SIGUSR2, &action, NULL));
    OK(sigaction(SIGRTMIN + 1, &action, NULL));
    action.sa_flags |= SA_ONSTACK;
    OK(sigaction(SIGURG, &action, NULL));
    for (int i = SIGRTMIN + 2; i < SIGRTMIN + 25; i++) {
        sigaddset(&blocked, i);
    }
    OK(pthread_sigmask(SIG_BLOCK, &blocked, NULL));
    OK(sem_init(&detached_ends, 0, 0));
    for (int i = 0; i < THREADS; i++) {
        OK(sem_init(&created[i], 0, 0));
    }
    for (int i = 0; i < KEYS; i++) {
        OK(pthread_key_create(&keys[i], destroy));
    }
    init_locks();
}

#ifdef GUEST
static pthread_t first;

HL_EXPORT(void, begin, hl_bytes)
void begin(hl_bytes script)
{
    prepare(script.data, script.size);
    first = start(run, NULL);
}

HL_EXPORT(void, expect_standing_clock)
void expect_standing_clock(void) { time_stands_still = 1; }

/* Lets the threads run for a while. Then they stand still, wherever they are. */
HL_EXPORT(int, go_on, int)
int go_on(int yields)
{
    for (int i = 0; i < yields; i++) {
        sched_yield();
    }
    return is_over;
}

HL_EXPORT(hl_string, finish)
hl_string finish(void)
{
    OK(pthread_join(first, NULL));
    return hl_from_cstring(result);
}
#else
/* Without exit(3): in a static program it takes away what threads need that are still being unwound. */
static void say_and_exit(void)
{
    int failed = puts(result) < 0 || fflush(stdout) != 0;
    _exit(failed);
}

static void *last(void *unused)
{
    (void)unused;
    run(NULL);
    say_and_exit();
    return NULL;
}

int main(int count, char **arguments)
{
    static char script[STEPS * sizeof(struct step)];
    size_t size = fread(script, 1, sizeof script, stdin);
    prepare(script, size);
    time_stands_still = count > 1 && strchr(arguments[1], 'c') != NULL;
    if (count > 1 && strchr(arguments[1], 'e') != NULL) { /* the first thread of the process ends first */
        start(last, arguments);
        pthread_exit(NULL);
    }
    run(NULL);
    say_and_exit();
}
#endif
