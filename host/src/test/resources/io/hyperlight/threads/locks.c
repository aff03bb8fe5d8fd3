/* Mutexes of every kind, read-write locks, spinlocks, barriers and semaphores. */

enum { THREADS = 8, ROUNDS = 400 };

static pthread_mutex_t mutex;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_spinlock_t spinlock;
static pthread_barrier_t barrier;
static sem_t semaphore, ready, go_on;
static long counter;

static void *try_lock(void *unused UNUSED)
{
    int error = pthread_mutex_trylock(&mutex);
    if (error == 0) {
        pthread_mutex_unlock(&mutex);
    }
    return (void *)(long)error;
}

static void *unlock_it(void *unused UNUSED) { return (void *)(long)pthread_mutex_unlock(&mutex); }

static void *wait_a_moment(void *unused UNUSED)
{
    struct timespec deadline = in(CLOCK_REALTIME, 20);
    int error = pthread_mutex_timedlock(&mutex, &deadline);
    return (void *)(long)(is_over(CLOCK_REALTIME, deadline) ? error : -1);
}

static void *count_up(void *unused UNUSED)
{
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&mutex);
        long old = counter;
        if (i % 100 == 0) {
            sched_yield();
        }
        counter = old + 1;
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

static void in_threads(const char *what, void *(*function)(void *), int threads)
{
    pthread_t all[THREADS];
    counter = 0;
    for (int i = 0; i < threads; i++) {
        all[i] = start(function, NULL);
    }
    for (int i = 0; i < threads; i++) {
        result_of(all[i]);
    }
    printf("%s: %ld\n", what, counter);
}

static void mutex_of(const char *name, int type, int protocol, int robust)
{
    pthread_mutexattr_t attributes;
    printf("mutex %s\n", name);
    MUST(pthread_mutexattr_init(&attributes));
    MUST(pthread_mutexattr_settype(&attributes, type));
    SHOW(pthread_mutexattr_setprotocol(&attributes, protocol));
    MUST(pthread_mutexattr_setrobust(&attributes, robust));
    MUST(pthread_mutex_init(&mutex, &attributes));
    MUST(pthread_mutex_lock(&mutex));
    SHOW(pthread_mutex_trylock(&mutex));
    if (type == PTHREAD_MUTEX_RECURSIVE) {
        MUST(pthread_mutex_unlock(&mutex));
    }
    if (type != PTHREAD_MUTEX_NORMAL) {
        SHOW(pthread_mutex_lock(&mutex));
        SHOW((long)result_of(start(unlock_it, NULL)));
    }
    SHOW((long)result_of(start(try_lock, NULL)));
    SHOW((long)result_of(start(wait_a_moment, NULL)));
    if (type == PTHREAD_MUTEX_RECURSIVE) {
        MUST(pthread_mutex_unlock(&mutex));
        SHOW((long)result_of(start(try_lock, NULL)));
    }
    MUST(pthread_mutex_unlock(&mutex));
    if (type != PTHREAD_MUTEX_NORMAL) {
        SHOW(pthread_mutex_unlock(&mutex));
    }
    SHOW((long)result_of(start(try_lock, NULL)));
    in_threads("counted", count_up, THREADS);
    MUST(pthread_mutex_destroy(&mutex));
}

static void *die_with_it(void *unused UNUSED) { return (void *)(long)pthread_mutex_lock(&mutex); }

static void robust_mutex(int protocol)
{
    pthread_mutexattr_t attributes;
    MUST(pthread_mutexattr_init(&attributes));
    MUST(pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST));
    MUST(pthread_mutexattr_setprotocol(&attributes, protocol));
    printf("robust, protocol %d\n", protocol);
    MUST(pthread_mutex_init(&mutex, &attributes));
    SHOW((long)result_of(start(die_with_it, NULL)));
    SHOW(pthread_mutex_lock(&mutex));
    SHOW(pthread_mutex_consistent(&mutex));
    SHOW(pthread_mutex_unlock(&mutex));
    SHOW((long)result_of(start(die_with_it, NULL)));
    SHOW(pthread_mutex_trylock(&mutex));
    SHOW(pthread_mutex_unlock(&mutex)); /* not made consistent */
    SHOW(pthread_mutex_lock(&mutex));
    SHOW((long)result_of(start(try_lock, NULL)));
    MUST(pthread_mutex_destroy(&mutex));
}

static void *hold_and_die(void *unused UNUSED)
{
    MUST(pthread_mutex_lock(&mutex));
    MUST(sem_post(&ready));
    MUST(sem_wait(&go_on));
    return NULL;
}

static void *wait_for_it(void *unused UNUSED)
{
    MUST(sem_post(&ready));
    int error = pthread_mutex_lock(&mutex);
    if (error == EOWNERDEAD) {
        MUST(pthread_mutex_consistent(&mutex));
    }
    MUST(pthread_mutex_unlock(&mutex));
    return (void *)(long)error;
}

/* Of those who wait while the owner dies, one is told. */
static void owner_dies(void)
{
    pthread_mutexattr_t attributes;
    MUST(pthread_mutexattr_init(&attributes));
    MUST(pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST));
    MUST(pthread_mutex_init(&mutex, &attributes));
    pthread_t owner = start(hold_and_die, NULL), waiters[4];
    MUST(sem_wait(&ready));
    long told = 0, others = 0;
    for (int i = 0; i < 4; i++) {
        waiters[i] = start(wait_for_it, NULL);
        MUST(sem_wait(&ready));
    }
    MUST(sem_post(&go_on));
    result_of(owner);
    for (int i = 0; i < 4; i++) {
        long error = (long)result_of(waiters[i]);
        told += error == EOWNERDEAD;
        others += error == 0;
    }
    printf("the owner died: %ld told, %ld not\n", told, others);
}

static void *read_lock(void *unused UNUSED)
{
    int error = pthread_rwlock_tryrdlock(&rwlock);
    if (error == 0) {
        pthread_rwlock_unlock(&rwlock);
    }
    return (void *)(long)error;
}

static void *write_lock(void *unused UNUSED)
{
    struct timespec deadline = in(CLOCK_REALTIME, 10);
    int error = pthread_rwlock_timedwrlock(&rwlock, &deadline);
    if (error == 0) {
        pthread_rwlock_unlock(&rwlock);
    }
    return (void *)(long)error;
}

static long both[2];

static void *read_and_write(void *own)
{
    long wrong = 0;
    for (int i = 0; i < 400; i++) {
        if (i % 4 == (int)(long)own % 4) {
            pthread_rwlock_wrlock(&rwlock);
            both[0]++;
            if (i % 100 == 0) {
                sched_yield();
            }
            both[1]++;
        } else {
            pthread_rwlock_rdlock(&rwlock);
            wrong += both[0] != both[1];
        }
        pthread_rwlock_unlock(&rwlock);
    }
    return (void *)wrong;
}

static void rwlocks(void)
{
    MUST(pthread_rwlock_rdlock(&rwlock));
    SHOW((long)result_of(start(read_lock, NULL)));
    SHOW((long)result_of(start(write_lock, NULL)));
    MUST(pthread_rwlock_unlock(&rwlock));
    MUST(pthread_rwlock_wrlock(&rwlock));
    SHOW((long)result_of(start(read_lock, NULL)));
    SHOW((long)result_of(start(write_lock, NULL)));
    MUST(pthread_rwlock_unlock(&rwlock));
    pthread_t all[THREADS];
    long wrong = 0;
    for (long i = 0; i < THREADS; i++) {
        all[i] = start(read_and_write, (void *)i);
    }
    for (int i = 0; i < THREADS; i++) {
        wrong += (long)result_of(all[i]);
    }
    printf("rwlock: %ld %ld, %ld wrong\n", both[0], both[1], wrong);
}

static void *spin(void *unused UNUSED)
{
    for (int i = 0; i < ROUNDS; i++) {
        pthread_spin_lock(&spinlock);
        counter++;
        pthread_spin_unlock(&spinlock);
    }
    return NULL;
}

static long phases[THREADS];

static void *go_through(void *own)
{
    long serial = 0, wrong = 0;
    for (long round = 1; round <= 50; round++) {
        phases[(long)own] = round;
        serial += pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD;
        for (int i = 0; i < THREADS; i++) {
            wrong += phases[i] != round;
        }
        pthread_barrier_wait(&barrier);
    }
    return (void *)(wrong * 1000 + serial);
}

static void barriers(void)
{
    pthread_t all[THREADS];
    long sum = 0;
    SHOW(pthread_barrier_init(&barrier, NULL, 0));
    MUST(pthread_barrier_init(&barrier, NULL, THREADS));
    for (long i = 0; i < THREADS; i++) {
        all[i] = start(go_through, (void *)i);
    }
    for (int i = 0; i < THREADS; i++) {
        sum += (long)result_of(all[i]);
    }
    printf("barriers: %ld\n", sum);
    MUST(pthread_barrier_destroy(&barrier));
}

static void *consume(void *unused UNUSED)
{
    for (int i = 0; i < 1000; i++) {
        MUST(sem_wait(&semaphore));
        __atomic_add_fetch(&counter, 1, __ATOMIC_SEQ_CST);
    }
    return NULL;
}

static void *produce(void *unused UNUSED)
{
    for (int i = 0; i < 1000; i++) {
        MUST(sem_post(&semaphore));
    }
    return NULL;
}

static void semaphores(void)
{
    int value;
    MUST(sem_init(&semaphore, 0, 2));
    SHOW(sem_trywait(&semaphore));
    SHOW(sem_wait(&semaphore));
    SHOW(sem_trywait(&semaphore) == -1 ? errno : 0);
    struct timespec deadline = in(CLOCK_REALTIME, 10);
    SHOW(sem_timedwait(&semaphore, &deadline) == -1 ? errno : 0);
    deadline.tv_nsec = -1;
    SHOW(sem_timedwait(&semaphore, &deadline) == -1 ? errno : 0);
    counter = 0;
    pthread_t consumers[3], producers[3];
    for (int i = 0; i < 3; i++) {
        consumers[i] = start(consume, NULL);
        producers[i] = start(produce, NULL);
    }
    for (int i = 0; i < 3; i++) {
        result_of(producers[i]);
        result_of(consumers[i]);
    }
    MUST(sem_getvalue(&semaphore, &value));
    printf("semaphore: %ld, %d left\n", counter, value);
}

int main(void)
{
    int kinds[] = {PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_ERRORCHECK};
    const char *names[] = {"normal", "recursive", "errorcheck"};
    MUST(sem_init(&ready, 0, 0));
    MUST(sem_init(&go_on, 0, 0));
    for (int i = 0; i < 3; i++) {
        mutex_of(names[i], kinds[i], PTHREAD_PRIO_NONE, PTHREAD_MUTEX_STALLED);
        mutex_of(names[i], kinds[i], PTHREAD_PRIO_INHERIT, PTHREAD_MUTEX_STALLED);
    }
    mutex_of("robust recursive", PTHREAD_MUTEX_RECURSIVE, PTHREAD_PRIO_NONE, PTHREAD_MUTEX_ROBUST);
    robust_mutex(PTHREAD_PRIO_NONE);
    robust_mutex(PTHREAD_PRIO_INHERIT);
    owner_dies();
    rwlocks();
    MUST(pthread_spin_init(&spinlock, PTHREAD_PROCESS_PRIVATE));
    in_threads("spinlock", spin, 3);
    MUST(pthread_spin_lock(&spinlock));
    SHOW(pthread_spin_trylock(&spinlock));
    barriers();
    semaphores();
    return 0;
}
