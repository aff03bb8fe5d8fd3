/* An interpreter of generated thread programs. A script is a list of steps in one order. Each
   thread of the script walks through the list and makes its part of those steps in which it takes part. A step may
   wait only for other parts of the same step. So there is no deadlock if the order has none, and the result does not
   depend on how the threads take turns. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#define MOST 8
#define THREADS 32
#define STEPS 512
#define LOCKS 16
#define KEYS 3

#define UNUSED __attribute__((unused))

/* linux/futex.h, which other C libraries do not have */
enum {
    WAIT = 0, WAKE = 1, REQUEUE = 3, LOCK_PI = 6, UNLOCK_PI = 7, WAIT_BITSET = 9, WAKE_BITSET = 10,
    WAIT_REQUEUE_PI = 11, CMP_REQUEUE_PI = 12, PRIVATE = 128
};

struct step {
    int kind, variant, amount, seed, object, extra, count, threads[MOST];
};

/* What the participants of a step share. It is there from the first one's arrival until the last one's leave. */
struct shared {
    int left;
    pthread_mutex_t mutex;
    pthread_cond_t not_empty, not_full;
    pthread_barrier_t barrier;
    pthread_rwlock_t rwlock;
    mtx_t c11_mutex;
    cnd_t c11_not_empty, c11_not_full;
    sem_t here[MOST], sem[MOST];
    int fd[2 * MOST], tid[MOST];
    _Atomic int word[2 * MOST];
    uint64_t slot[MOST], ring[4], data;
    int head, length, entered, serial;
};

static struct step *steps;
static int step_count;
static struct shared *shared[STEPS];
static pthread_mutex_t sharing = PTHREAD_MUTEX_INITIALIZER;

static pthread_t handles[THREADS];
static uint64_t sums[THREADS];
static _Atomic uint64_t total;
static uint64_t counters[LOCKS][2];
static sem_t detached_ends;
static pthread_key_t keys[KEYS];

/* With a clock that stands still, each deadline comes as soon as nothing else can happen. */
static int time_stands_still;

static __thread int self, at;
static __thread volatile int handled, handled_queued;
static __thread sem_t *volatile acknowledge;

static void fail(const char *what, int line)
{
    char text[256];
    int error = errno;
    int length = snprintf(text, sizeof text, "thread %d, step %d, kind %d, variant %d, line %d: %s, errno %d\n", self, at,
                          steps[at].kind, steps[at].variant, line, what, error);
    if (write(2, text, (size_t)length) != length) {
        errno = error;
    }
    abort();
}

#define CHECK(expression)                                                                                             \
    do {                                                                                                              \
        if (!(expression)) fail(#expression, __LINE__);                                                               \
    } while (0)
#define OK(call) CHECK((call) == 0)

static uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t x = (a ^ (b * 0x9e3779b97f4a7c15u)) * 0xbf58476d1ce4e5b9u + b;
    return x ^ (x >> 31);
}

static uint64_t work(uint64_t x, int rounds)
{
    for (int i = 0; i < rounds; i++) {
        x = mix(x, (uint64_t)i);
    }
    return x;
}

static long futex(void *word, int op, long value, const void *timeout, void *second, int third)
{
    long result = syscall(SYS_futex, word, op, value, timeout, second, third);
    return result < 0 ? -errno : result;
}

static struct timespec in(clockid_t clock, long microseconds)
{
    struct timespec time;
    OK(clock_gettime(clock, &time));
    time.tv_nsec += microseconds % 1000000 * 1000;
    time.tv_sec += microseconds / 1000000 + time.tv_nsec / 1000000000;
    time.tv_nsec %= 1000000000;
    return time;
}

static int64_t monotonic(void)
{
    struct timespec time;
    OK(clock_gettime(CLOCK_MONOTONIC, &time));
    return time.tv_sec * 1000000000L + time.tv_nsec;
}

static void wait_for(sem_t *sem)
{
    while (sem_wait(sem) != 0) {
        CHECK(errno == EINTR);
    }
}

static void read_all(int fd, void *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t count = read(fd, (char *)bytes + done, size - done);
        CHECK(count > 0 || (count < 0 && errno == EINTR));
        done += count > 0 ? (size_t)count : 0;
    }
}

static void write_all(int fd, const void *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t count = write(fd, (const char *)bytes + done, size - done);
        CHECK(count > 0 || (count < 0 && errno == EINTR));
        done += count > 0 ? (size_t)count : 0;
    }
}

static sigset_t only(int number)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    return set;
}

/* Makes what a step needs when the first of its participants comes. */
static struct shared *enter(struct step *step, int role)
{
    int index = (int)(step - steps);
    OK(pthread_mutex_lock(&sharing));
    struct shared *s = shared[index];
    if (s == NULL) {
        s = shared[index] = calloc(1, sizeof *s);
        CHECK(s != NULL);
        OK(pthread_mutex_init(&s->mutex, NULL));
        OK(pthread_cond_init(&s->not_empty, NULL));
        OK(pthread_cond_init(&s->not_full, NULL));
        OK(pthread_barrier_init(&s->barrier, NULL, (unsigned)step->count));
        OK(pthread_rwlock_init(&s->rwlock, NULL));
        OK(mtx_init(&s->c11_mutex, mtx_plain));
        OK(cnd_init(&s->c11_not_empty));
        OK(cnd_init(&s->c11_not_full));
        for (int i = 0; i < MOST; i++) {
            OK(sem_init(&s->here[i], 0, 0));
            OK(sem_init(&s->sem[i], 0, 0));
        }
        memset(s->fd, -1, sizeof s->fd);
    }
    OK(pthread_mutex_unlock(&sharing));
    s->tid[role] = (int)syscall(SYS_gettid);
    for (int i = 0; i < step->count; i++) {
        OK(sem_post(&s->here[role]));
    }
    return s;
}

static void leave(struct step *step, struct shared *s)
{
    OK(pthread_mutex_lock(&sharing));
    int last = ++s->left == step->count;
    if (last) {
        shared[step - steps] = NULL;
    }
    OK(pthread_mutex_unlock(&sharing));
    if (!last) {
        return;
    }
    OK(pthread_mutex_destroy(&s->mutex));
    OK(pthread_cond_destroy(&s->not_empty));
    OK(pthread_cond_destroy(&s->not_full));
    OK(pthread_barrier_destroy(&s->barrier));
    OK(pthread_rwlock_destroy(&s->rwlock));
    mtx_destroy(&s->c11_mutex);
    cnd_destroy(&s->c11_not_empty);
    cnd_destroy(&s->c11_not_full);
    for (int i = 0; i < 2 * MOST; i++) {
        if (s->fd[i] >= 0) {
            OK(close(s->fd[i]));
        }
    }
    free(s);
}

/* The first of its participants opens what a step needs. */
#define ONCE_FOR(s, body)                                                                                             \
    do {                                                                                                              \
        OK(pthread_mutex_lock(&(s)->mutex));                                                                          \
        if (!(s)->entered) {                                                                                          \
            (s)->entered = 1;                                                                                         \
            body;                                                                                                     \
        }                                                                                                             \
        OK(pthread_mutex_unlock(&(s)->mutex));                                                                        \
    } while (0)
