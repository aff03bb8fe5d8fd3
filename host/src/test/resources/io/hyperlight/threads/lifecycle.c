/* How threads begin and end: attributes, names, clocks, own data with destructors, cleanup, cancellation, detached ones. */

static sem_t ready, go_on, gone;

static pthread_key_t first, second;
static int destroyed[2], again;
static __thread int own = 42;

static void destroy_first(void *value)
{
    destroyed[0] += (int)(long)value;
    if (again-- > 0) {
        pthread_setspecific(first, value); /* a destructor may make another round necessary */
    }
}

static void destroy_second(void *value) { destroyed[1] += (int)(long)value; }

static void *with_data(void *value)
{
    pthread_setspecific(first, value);
    pthread_setspecific(second, (void *)((long)value * 10));
    own += (int)(long)value;
    if ((long)value % 2 == 0) {
        pthread_exit((void *)(long)own);
    }
    return (void *)(long)own;
}

static void own_data(void)
{
    MUST(pthread_key_create(&first, destroy_first));
    MUST(pthread_key_create(&second, destroy_second));
    long sum = 0;
    for (long i = 1; i <= 10; i++) {
        sum += (long)result_of(start(with_data, (void *)i));
    }
    printf("own data: %ld, %d, destroyed %d %d\n", sum, own, destroyed[0], destroyed[1]);
    again = 2;
    result_of(start(with_data, (void *)1));
    printf("again: %d\n", destroyed[0]);
    MUST(pthread_key_delete(second));
    result_of(start(with_data, (void *)1));
    printf("deleted: %d\n", destroyed[1]);
}

static void clean(void *text) { printf("clean up %s\n", (char *)text); }

static void *cleaned(void *how)
{
    pthread_cleanup_push(clean, "outer");
    pthread_cleanup_push(clean, "inner");
    if (how != NULL) {
        pthread_exit("by exit");
    }
    pthread_cleanup_pop(0);
    pthread_cleanup_pop(1);
    return "by return";
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static volatile int stop;

static void unlock_after_wait(void *unused UNUSED)
{
    printf("the mutex is held: %d\n", pthread_mutex_trylock(&mutex) != 0);
    pthread_mutex_unlock(&mutex);
}

static void *wait_on_condition(void *unused UNUSED)
{
    pthread_mutex_lock(&mutex);
    pthread_cleanup_push(unlock_after_wait, NULL);
    sem_post(&ready);
    for (;;) {
        pthread_cond_wait(&never, &mutex);
    }
    pthread_cleanup_pop(1);
}

static void *wait_in_pause(void *unused UNUSED)
{
    pthread_cleanup_push(clean, "pause");
    sem_post(&ready);
    for (;;) {
        pause();
    }
    pthread_cleanup_pop(0);
}

static void *wait_in_read(void *end)
{
    char byte;
    sem_post(&ready);
    return (void *)(long)read((int)(long)end, &byte, 1);
}

static void *wait_in_sleep(void *unused UNUSED)
{
    sem_post(&ready);
    sleep(1000);
    return NULL;
}

static void *wait_for_semaphore(void *semaphore)
{
    sem_post(&ready);
    sem_wait(semaphore);
    return NULL;
}

static void *wait_for_thread(void *thread)
{
    sem_post(&ready);
    pthread_join(*(pthread_t *)thread, NULL);
    return NULL;
}

static void *spin_asynchronously(void *unused UNUSED)
{
    int old;
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &old);
    sem_post(&ready);
    while (!stop) { }
    return NULL;
}

static void *spin_with_points(void *unused UNUSED)
{
    sem_post(&ready);
    while (!stop) {
        pthread_testcancel();
    }
    return NULL;
}

static void *not_now(void *unused UNUSED)
{
    int old;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
    sem_post(&ready);
    sem_wait(&go_on);
    printf("goes on\n");
    pthread_setcancelstate(old, NULL);
    pthread_testcancel();
    printf("not reached\n");
    return NULL;
}

static int cancelled(void *(*function)(void *), void *argument)
{
    pthread_t thread = start(function, argument);
    sem_wait(&ready);
    MUST(pthread_cancel(thread));
    if (function == not_now) {
        sem_post(&go_on);
    }
    return result_of(thread) == PTHREAD_CANCELED;
}

static void cancellation(void)
{
    int ends[2];
    sem_t nobody_posts;
    MUST(sem_init(&nobody_posts, 0, 0));
    MUST(pipe(ends));
    pthread_t self = pthread_self();
    SHOW(cancelled(wait_on_condition, NULL));
    SHOW(cancelled(wait_in_pause, NULL));
    SHOW(cancelled(wait_in_read, (void *)(long)ends[0]));
    SHOW(cancelled(wait_in_sleep, NULL));
    SHOW(cancelled(wait_for_semaphore, &nobody_posts));
    SHOW(cancelled(wait_for_thread, &self));
    SHOW(cancelled(spin_asynchronously, NULL));
    SHOW(cancelled(spin_with_points, NULL));
    SHOW(cancelled(not_now, NULL));
    SHOW(pthread_mutex_trylock(&mutex));
    pthread_mutex_unlock(&mutex);
}

static void *leave(void *semaphore)
{
    if (semaphore != NULL) {
        sem_wait(semaphore);
    }
    sem_post(&gone);
    return (void *)7;
}

static void detached(void)
{
    pthread_attr_t attributes;
    pthread_t thread;
    MUST(pthread_attr_init(&attributes));
    MUST(pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED));
    for (int i = 0; i < 200; i++) {
        MUST(pthread_create(&thread, &attributes, leave, NULL));
    }
    for (int i = 0; i < 200; i++) {
        sem_wait(&gone);
    }
    thread = start(leave, &go_on);
    MUST(pthread_detach(thread));
#ifdef __GLIBC__
    SHOW(pthread_join(thread, NULL));
    SHOW(pthread_detach(thread));
    SHOW(pthread_join(pthread_self(), NULL));
#endif
    sem_post(&go_on);
    sem_wait(&gone);
    void *result = NULL;
    thread = start(leave, &go_on);
    SHOW(pthread_tryjoin_np(thread, &result));
    struct timespec deadline = in(CLOCK_REALTIME, 10);
    SHOW(pthread_timedjoin_np(thread, &result, &deadline));
    sem_post(&go_on);
    deadline = in(CLOCK_REALTIME, 100000);
    SHOW(pthread_timedjoin_np(thread, &result, &deadline));
    printf("result %ld\n", (long)result);
    sem_wait(&gone);
}

static void *look_at_oneself(void *unused UNUSED)
{
    pthread_attr_t attributes;
    size_t size, guard;
    void *stack;
    int state;
    char here, name[16];
    MUST(pthread_getattr_np(pthread_self(), &attributes));
    MUST(pthread_attr_getstack(&attributes, &stack, &size));
    MUST(pthread_attr_getguardsize(&attributes, &guard));
    MUST(pthread_attr_getdetachstate(&attributes, &state));
    printf("stack of %zu KiB or more: %d, here: %d, guard %zu, %s\n", size >> 10, size >= 1 << 20,
           &here > (char *)stack && &here < (char *)stack + size, guard,
           state == PTHREAD_CREATE_JOINABLE ? "joinable" : "detached");
    MUST(pthread_attr_destroy(&attributes));
    MUST(pthread_setname_np(pthread_self(), "fifteen letters"));
    SHOW(pthread_setname_np(pthread_self(), "sixteen letters!"));
    MUST(pthread_getname_np(pthread_self(), name, sizeof name));
    printf("name %s\n", name);
    volatile char deep[900 << 10];
    for (size_t i = 0; i < sizeof deep; i += 4096) {
        deep[i] = 1;
    }
    return (void *)(long)deep[4096];
}

static void *compute(void *unused UNUSED)
{
    struct timespec thread_time, by_clock;
    clockid_t clock;
    do {
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &thread_time);
    } while (thread_time.tv_sec == 0 && thread_time.tv_nsec < 5000000);
    MUST(pthread_getcpuclockid(pthread_self(), &clock));
    clock_gettime(clock, &by_clock);
    return (void *)(long)(by_clock.tv_sec > thread_time.tv_sec || by_clock.tv_nsec >= thread_time.tv_nsec);
}

static void attributes(void)
{
    pthread_attr_t attributes;
    pthread_t thread;
    MUST(pthread_attr_init(&attributes));
    SHOW(pthread_attr_setstacksize(&attributes, 100));
    MUST(pthread_attr_setstacksize(&attributes, 1 << 20));
    MUST(pthread_attr_setguardsize(&attributes, 16384));
    MUST(pthread_create(&thread, &attributes, look_at_oneself, NULL));
    SHOW((long)result_of(thread));
    void *memory = aligned_alloc(4096, 2 << 20);
    MUST(pthread_attr_setstack(&attributes, memory, 2 << 20));
    MUST(pthread_create(&thread, &attributes, look_at_oneself, NULL));
    SHOW((long)result_of(thread));
    free(memory);
    SHOW((long)result_of(start(compute, NULL)));
    cpu_set_t set;
    CPU_ZERO(&set);
    SHOW(pthread_setaffinity_np(pthread_self(), sizeof set, &set));
    struct sched_param parameter;
    int policy;
    SHOW(pthread_getschedparam(pthread_self(), &policy, &parameter));
    printf("policy %d, priority %d\n", policy, parameter.sched_priority);
    parameter.sched_priority = 1000;
    SHOW(pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameter));
}

static pthread_t main_thread;

static void *last(void *unused UNUSED)
{
    /* In a static program, exit(3) takes away what unwinding the first thread needs. */
    MUST(pthread_join(main_thread, NULL));
    printf("the last thread's exit status is the program's\n");
    exit(3);
}

int main(void)
{
    MUST(sem_init(&ready, 0, 0));
    MUST(sem_init(&go_on, 0, 0));
    MUST(sem_init(&gone, 0, 0));
    own_data();
    printf("%s\n", (char *)result_of(start(cleaned, NULL)));
    printf("%s\n", (char *)result_of(start(cleaned, "exit")));
    cancellation();
    detached();
    attributes();
    main_thread = pthread_self();
    start(last, NULL);
    pthread_exit(NULL);
}
