/* Condition variables with both clocks, pthread_once, and the threads of C11. */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_cond_t arrived = PTHREAD_COND_INITIALIZER;
static int waiting, opened, tickets;

static void *wait_for_the_gate(void *unused UNUSED)
{
    pthread_mutex_lock(&mutex);
    waiting++;
    pthread_cond_signal(&arrived);
    while (!opened) {
        pthread_cond_wait(&changed, &mutex);
    }
    pthread_mutex_unlock(&mutex);
    return NULL;
}

static void *take_a_ticket(void *unused UNUSED)
{
    pthread_mutex_lock(&mutex);
    waiting++;
    pthread_cond_signal(&arrived);
    while (tickets == 0) {
        pthread_cond_wait(&changed, &mutex);
    }
    tickets--;
    waiting--;
    pthread_cond_signal(&arrived);
    pthread_mutex_unlock(&mutex);
    return NULL;
}

static void until_waiting(int number)
{
    while (waiting != number) {
        pthread_cond_wait(&arrived, &mutex);
    }
}

static void wake(void)
{
    pthread_t all[20];
    pthread_mutex_lock(&mutex);
    for (int i = 0; i < 20; i++) {
        all[i] = start(wait_for_the_gate, NULL);
    }
    until_waiting(20);
    opened = 1;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
    for (int i = 0; i < 20; i++) {
        result_of(all[i]);
    }
    printf("broadcast: %d\n", waiting);
    pthread_mutex_lock(&mutex);
    waiting = 0;
    for (int i = 0; i < 20; i++) {
        all[i] = start(take_a_ticket, NULL);
    }
    until_waiting(20);
    for (int i = 0; i < 20; i++) {
        tickets++;
        pthread_cond_signal(&changed);
        until_waiting(19 - i);
    }
    pthread_mutex_unlock(&mutex);
    for (int i = 0; i < 20; i++) {
        result_of(all[i]);
    }
    printf("signal: %d, %d tickets\n", waiting, tickets);
}

static void time_out(clockid_t clock, const char *name)
{
    pthread_condattr_t attributes;
    pthread_cond_t condition;
    clockid_t found;
    MUST(pthread_condattr_init(&attributes));
    MUST(pthread_condattr_setclock(&attributes, clock));
    MUST(pthread_condattr_getclock(&attributes, &found));
    MUST(pthread_cond_init(&condition, &attributes));
    pthread_mutex_lock(&mutex);
    struct timespec deadline = in(clock, 15);
    int error;
    do {
        error = pthread_cond_timedwait(&condition, &mutex, &deadline);
    } while (error == 0);
    printf("%s: %d, %s, over: %d\n", name, found == clock, strerror(error), is_over(clock, deadline));
    deadline.tv_sec = 1; /* long over */
    SHOW(pthread_cond_timedwait(&condition, &mutex, &deadline));
    deadline.tv_nsec = 1000000000;
    SHOW(pthread_cond_timedwait(&condition, &mutex, &deadline));
#ifdef __GLIBC__
    clockid_t other = clock == CLOCK_REALTIME ? CLOCK_MONOTONIC : CLOCK_REALTIME;
    deadline = in(other, 10);
    SHOW(pthread_cond_clockwait(&condition, &mutex, other, &deadline));
#endif
    pthread_mutex_unlock(&mutex);
    MUST(pthread_cond_destroy(&condition));
}

/* A bounded queue of numbers. */
static int queue[4], head, tail;
static long sum;

static void *produce(void *own)
{
    for (int i = 1; i <= 500; i++) {
        pthread_mutex_lock(&mutex);
        while (tail - head == 4) {
            pthread_cond_wait(&changed, &mutex);
        }
        queue[tail++ % 4] = (int)(long)own * 1000 + i;
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

static void *consume(void *unused UNUSED)
{
    for (int i = 0; i < 500; i++) {
        pthread_mutex_lock(&mutex);
        while (tail == head) {
            pthread_cond_wait(&changed, &mutex);
        }
        sum += queue[head++ % 4];
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

static void bounded_queue(void)
{
    pthread_t all[8];
    for (long i = 0; i < 4; i++) {
        all[i] = start(produce, (void *)i);
        all[4 + i] = start(consume, NULL);
    }
    for (int i = 0; i < 8; i++) {
        result_of(all[i]);
    }
    printf("queue: %ld\n", sum);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int initialised;

static void initialise(void)
{
    sched_yield();
    initialised++;
}

static void *need_it(void *unused UNUSED)
{
    pthread_once(&once, initialise);
    return (void *)(long)initialised;
}

static pthread_once_t again = PTHREAD_ONCE_INIT;
static int attempts;

static void initialise_forever(void)
{
    if (attempts++ == 0) {
        pthread_exit(PTHREAD_CANCELED); /* runs the handlers that pthread_once has pushed */
    }
}

static void *need_it_forever(void *unused UNUSED)
{
    pthread_once(&again, initialise_forever);
    return NULL;
}

static void all_once(void)
{
    pthread_t all[10];
    long seen = 0;
    for (int i = 0; i < 10; i++) {
        all[i] = start(need_it, NULL);
    }
    for (int i = 0; i < 10; i++) {
        seen += (long)result_of(all[i]);
    }
    printf("once: %d, seen by %ld\n", initialised, seen);
    printf("cancelled: %d\n", result_of(start(need_it_forever, NULL)) == PTHREAD_CANCELED);
    int undone = result_of(start(need_it_forever, NULL)) == NULL;
    printf("again: %d, %d attempts\n", undone, attempts);
}

static mtx_t c_mutex;
static cnd_t c_changed;
static tss_t c_local;
static once_flag c_once = ONCE_FLAG_INIT;
static int c_counter, c_destroyed, c_called;

static void c_destroy(void *value) { c_destroyed += (int)(long)value; }
static void c_call(void) { c_called++; }

static int c_thread(void *own)
{
    call_once(&c_once, c_call);
    tss_set(c_local, own);
    mtx_lock(&c_mutex);
    c_counter++;
    cnd_signal(&c_changed);
    mtx_unlock(&c_mutex);
    if ((long)own % 2 == 0) {
        thrd_exit((int)(long)own + (int)(long)tss_get(c_local));
    }
    return -(int)(long)own;
}

static void c11(void)
{
    thrd_t all[6];
    int result, results = 0;
    MUST(mtx_init(&c_mutex, mtx_timed | mtx_recursive));
    MUST(cnd_init(&c_changed));
    MUST(tss_create(&c_local, c_destroy));
    for (long i = 1; i <= 6; i++) {
        MUST(thrd_create(&all[i - 1], c_thread, (void *)i) != thrd_success);
    }
    mtx_lock(&c_mutex);
    while (c_counter < 6) {
        cnd_wait(&c_changed, &c_mutex);
    }
    for (int i = 0; i < 6; i++) {
        mtx_unlock(&c_mutex);
        MUST(thrd_join(all[i], &result) != thrd_success);
        mtx_lock(&c_mutex);
        results = results * 13 + result;
    }
    printf("c11: %d, destroyed %d, called %d\n", results, c_destroyed, c_called);
    struct timespec deadline = in(CLOCK_REALTIME, 10);
    printf("c11 timeout: %d\n", cnd_timedwait(&c_changed, &c_mutex, &deadline) == thrd_timedout);
    printf("c11 recursive: %d\n", mtx_trylock(&c_mutex) == thrd_success);
    printf("c11 sleep: %d\n", thrd_sleep(&(struct timespec){0, 1000000}, NULL));
    thrd_yield();
    printf("c11 equal: %d %d\n", thrd_equal(thrd_current(), thrd_current()) != 0,
           thrd_equal(all[5], thrd_current()));
}

int main(void)
{
    wake();
    time_out(CLOCK_REALTIME, "realtime");
    time_out(CLOCK_MONOTONIC, "monotonic");
    bounded_queue();
    all_once();
    c11();
    return 0;
}
