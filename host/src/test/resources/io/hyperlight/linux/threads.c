/* Threads that are made, joined, detached and ended in every way. */
#include <pthread.h>
#include <semaphore.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static long counter;

static void *add(void *times)
{
    for (long i = 0; i < (long) times; i++) {
        pthread_mutex_lock(&mutex);
        counter++;
        pthread_mutex_unlock(&mutex);
    }
    return (void *) ((long) times * 2);
}

static void hundred(void)
{
    pthread_t threads[100];
    for (long i = 0; i < 100; i++) {
        int error = pthread_create(&threads[i], NULL, add, (void *) i);
        if (error != 0) {
            printf("create %ld: %s\n", i, strerror(error));
            return;
        }
    }
    long sum = 0;
    for (int i = 0; i < 100; i++) {
        void *result;
        pthread_join(threads[i], &result);
        sum += (long) result;
    }
    printf("hundred: %ld %ld\n", counter, sum);
}

static int turn;

static void *ping(void *own)
{
    for (int i = 0; i < 100; i++) {
        pthread_mutex_lock(&mutex);
        while (turn != (int) (long) own) {
            pthread_cond_wait(&changed, &mutex);
        }
        turn = !turn;
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

static void pingpong(void)
{
    pthread_t first, second;
    pthread_create(&first, NULL, ping, (void *) 0);
    pthread_create(&second, NULL, ping, (void *) 1);
    pthread_join(first, NULL);
    pthread_join(second, NULL);
    printf("ping pong: %d\n", turn);
}

static volatile int spun;

static void *spin(void *unused)
{
    (void) unused;
    while (!spun) { }
    return NULL;
}

static void preempted(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, spin, NULL);
    for (volatile int i = 0; i < 100000000; i++) { }
    spun = 1;
    pthread_join(thread, NULL);
    printf("a thread that spins is stopped for the others\n");
}

static __thread int own = 5;
static pthread_key_t key;

static void destroyed(void *value)
{
    printf("destroyed %ld\n", (long) value);
}

static void *locals(void *value)
{
    own += (int) (long) value;
    pthread_setspecific(key, (void *) (long) own);
    pthread_exit((void *) (long) own);
}

static void storage(void)
{
    pthread_key_create(&key, destroyed);
    for (long i = 0; i < 3; i++) {
        pthread_t thread;
        void *result;
        pthread_create(&thread, NULL, locals, (void *) i);
        pthread_join(thread, &result);
        printf("own %ld, %d\n", (long) result, own);
    }
}

static void *sleeps(void *unused)
{
    (void) unused;
    struct timespec long_time = {1000, 0};
    nanosleep(&long_time, NULL);
    return NULL;
}

static void cancelled(void)
{
    pthread_t thread;
    void *result;
    pthread_create(&thread, NULL, sleeps, NULL);
    sched_yield();
    printf("cancel %d\n", pthread_cancel(thread));
    pthread_join(thread, &result);
    printf("cancelled %d\n", result == PTHREAD_CANCELED);
}

static sem_t done;

static void *posts(void *unused)
{
    (void) unused;
    sem_post(&done);
    return NULL;
}

static void detached(void)
{
    sem_init(&done, 0, 0);
    pthread_attr_t attributes;
    pthread_getattr_default_np(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    for (int i = 0; i < 20; i++) {
        pthread_t thread;
        pthread_create(&thread, &attributes, posts, NULL);
        sem_wait(&done);
    }
    printf("detached\n");
}

static double squared;

static void *floats(void *seed)
{
    double value = (double) (long) seed;
    for (int i = 0; i < 2000000; i++) {
        value = value * 1.0000001 + 0.5;
    }
    pthread_mutex_lock(&mutex);
    squared += value;
    pthread_mutex_unlock(&mutex);
    return NULL;
}

static void vectors(void)
{
    pthread_t threads[4];
    for (long i = 0; i < 4; i++) {
        pthread_create(&threads[i], NULL, floats, (void *) i);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    printf("floats %.3f\n", squared);
}

static pthread_barrier_t barrier;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static int serial;
static long shared_sum;

static void *meets(void *unused)
{
    (void) unused;
    for (int i = 0; i < 20; i++) {
        if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) {
            pthread_rwlock_wrlock(&rwlock);
            serial++;
            pthread_rwlock_unlock(&rwlock);
        }
        pthread_rwlock_rdlock(&rwlock);
        __atomic_add_fetch(&shared_sum, serial > 0, __ATOMIC_RELAXED);
        pthread_rwlock_unlock(&rwlock);
    }
    return NULL;
}

static void barriers(void)
{
    pthread_t threads[5];
    pthread_barrier_init(&barrier, NULL, 5);
    for (int i = 0; i < 5; i++) {
        pthread_create(&threads[i], NULL, meets, NULL);
    }
    for (int i = 0; i < 5; i++) {
        pthread_join(threads[i], NULL);
    }
    printf("barriers %d\n", serial);
}

static void timed(void)
{
    struct timespec when;
    clock_gettime(CLOCK_REALTIME, &when);
    when.tv_nsec += 20000000;
    if (when.tv_nsec >= 1000000000) {
        when.tv_sec++;
        when.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&mutex);
    int error = pthread_cond_timedwait(&changed, &mutex, &when);
    pthread_mutex_unlock(&mutex);
    printf("timed wait: %s\n", strerror(error));
}

static void run(int argc, char **argv)
{
    (void) argc;
    (void) argv;
    /* All stacks together fit into the memory of a sandbox. */
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 256 << 10);
    pthread_setattr_default_np(&attributes);
    hundred();
    pingpong();
    preempted();
    storage();
    cancelled();
    detached();
    vectors();
    barriers();
    timed();
}
