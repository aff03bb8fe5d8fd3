/* Futexes between threads: who is woken, in which order, and with which result. */
#include <pthread.h>
#include <stdatomic.h>

#define WAITERS 6
#define PRIVATE FUTEX_PRIVATE_FLAG

static int *words;              /* shared memory, so that both kinds of futex work */
static char texts[WAITERS][64]; /* what each thread has to say */
static atomic_int order;

static long futex(int *word, int op, long value, const void *timeout, int *second, int third)
{
    long result = syscall(SYS_futex, word, op, value, timeout, second, third);
    return result < 0 ? -errno : result;
}

/* How many wait for a word: requeueing to the word itself counts them and changes nothing. */
static int waiting(int *word, int flag)
{
    return (int)futex(word, FUTEX_REQUEUE | flag, 0, (void *)(long)INT_MAX, word, 0);
}

static void until_waiting(int *word, int flag, int count)
{
    while (waiting(word, flag) != count) {
        sched_yield();
    }
}

struct waiter {
    pthread_t thread;
    int index, op, value, bits;
    int *word, *second;
};

static struct waiter waiters[WAITERS];

static void *wait_there(void *argument)
{
    struct waiter *own = argument;
    long result = futex(own->word, own->op, own->value, NULL, own->second, own->bits);
    snprintf(texts[own->index], sizeof texts[0], "waiter %d: %ld as number %d", own->index, result, atomic_fetch_add(&order, 1));
    return NULL;
}

/* Starts threads that wait, one after the other. */
static void start(int count, int *word, int op, int bits)
{
    atomic_store(&order, 0);
    for (int i = 0; i < count; i++) {
        waiters[i] = (struct waiter){.index = i, .op = op, .value = *word, .bits = bits == 0 ? 1 << i : bits, .word = word};
        texts[i][0] = 0;
        pthread_create(&waiters[i].thread, NULL, wait_there, &waiters[i]);
        until_waiting(word, op & PRIVATE, i + 1);
    }
}

static void join(int from, int to)
{
    for (int i = from; i < to; i++) {
        pthread_join(waiters[i].thread, NULL);
        puts(texts[i]);
    }
}

/* One at a time, so that the order in which the threads run shows the order of the queue. */
static void wake_in_order(int flag)
{
    start(4, words, FUTEX_WAIT | flag, 0);
    for (int i = 0; i < 4; i++) {
        SHOW(futex(words, FUTEX_WAKE | flag, 1, NULL, NULL, 0));
        join(i, i + 1);
    }
    SHOW(futex(words, FUTEX_WAKE | flag, 1, NULL, NULL, 0));
}

static void wake_numbers(int flag)
{
    static const int numbers[] = {0, 1, 2, -1, INT_MAX};
    for (size_t n = 0; n < COUNT(numbers); n++) {
        start(3, words, FUTEX_WAIT | flag, 0);
        printf("wake %d: %ld, then %d wait\n", numbers[n], futex(words, FUTEX_WAKE | flag, numbers[n], NULL, NULL, 0), waiting(words, flag));
        futex(words, FUTEX_WAKE | flag, INT_MAX, NULL, NULL, 0);
        for (int i = 0; i < 3; i++) {
            pthread_join(waiters[i].thread, NULL);
        }
    }
}

static void wake_bits(int flag)
{
    start(5, words, FUTEX_WAIT_BITSET | flag, 0);
    SHOW(futex(words, FUTEX_WAKE_BITSET | flag, 9, NULL, NULL, 1 << 3));
    join(3, 4);
    SHOW(futex(words, FUTEX_WAKE_BITSET | flag, 1, NULL, NULL, 1 << 1 | 1 << 4));
    join(1, 2);
    SHOW(futex(words, FUTEX_WAKE_BITSET | flag, 9, NULL, NULL, 1 << 1));
    SHOW(waiting(words, flag));
    for (int i = 0; i < 5; i += 2) {
        SHOW(futex(words, FUTEX_WAKE | flag, 1, NULL, NULL, 0));
        join(i, i + 1);
    }
}

static void kinds_are_apart(void)
{
    int *private = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int *const places[] = {words, private};
    for (size_t p = 0; p < 2; p++) {
        start(1, places[p], FUTEX_WAIT, 0);
        SHOW(futex(places[p], FUTEX_WAKE | PRIVATE, 1, NULL, NULL, 0));
        SHOW(futex(places[p] + 1, FUTEX_WAKE, 1, NULL, NULL, 0));
        SHOW(futex(places[p], FUTEX_WAKE, 1, NULL, NULL, 0));
        join(0, 1);
        start(1, places[p], FUTEX_WAIT | PRIVATE, 0);
        SHOW(futex(places[p], FUTEX_WAKE, 1, NULL, NULL, 0));
        SHOW(futex(places[p], FUTEX_WAKE | PRIVATE, 1, NULL, NULL, 0));
        join(0, 1);
    }
}

static void move(int flag)
{
    for (int moves = 0; moves < 4; moves++) {
        for (int wakes = 0; wakes < 3; wakes++) {
            start(4, words, FUTEX_WAIT | flag, 0);
            printf("requeue %d %d: %ld", wakes, moves, futex(words, FUTEX_REQUEUE | flag, wakes, (void *)(long)moves, words + 1, 0));
            printf(", then %d and %d wait\n", waiting(words, flag), waiting(words + 1, flag));
            futex(words, FUTEX_WAKE | flag, INT_MAX, NULL, NULL, 0);
            futex(words + 1, FUTEX_WAKE | flag, INT_MAX, NULL, NULL, 0);
            for (int i = 0; i < 4; i++) {
                pthread_join(waiters[i].thread, NULL);
            }
        }
    }
    start(3, words, FUTEX_WAIT | flag, 0);
    SHOW(futex(words, FUTEX_CMP_REQUEUE | flag, 1, (void *)1, words + 1, *words + 1));
    SHOW(futex(words, FUTEX_CMP_REQUEUE | flag, 1, (void *)1, words + 1, *words));
    join(0, 1);
    SHOW(futex(words + 1, FUTEX_WAKE | flag, 1, NULL, NULL, 0));
    join(1, 2);
    SHOW(futex(words, FUTEX_WAKE | flag, 1, NULL, NULL, 0));
    join(2, 3);
}

static void wake_operation(int flag)
{
    for (int compare = 0; compare < 7; compare++) {
        for (int old = -1; old <= 1; old++) {
            words[1] = old;
            start(2, words, FUTEX_WAIT | flag, 0);
            waiters[2] = (struct waiter){.index = 2, .op = FUTEX_WAIT | flag, .value = old, .word = words + 1};
            pthread_create(&waiters[2].thread, NULL, wait_there, &waiters[2]);
            until_waiting(words + 1, flag, 1);
            /* Adds 5, and compares what was there with 0. */
            long result = futex(words, FUTEX_WAKE_OP | flag, 1, (void *)1, words + 1, FUTEX_OP_ADD << 28 | compare << 24 | 5 << 12);
            printf("compare %d of %d: %ld, word %d, %d and %d wait\n", compare, old, result, words[1], waiting(words, flag), waiting(words + 1, flag));
            futex(words, FUTEX_WAKE | flag, INT_MAX, NULL, NULL, 0);
            futex(words + 1, FUTEX_WAKE | flag, INT_MAX, NULL, NULL, 0);
            for (int i = 0; i < 3; i++) {
                pthread_join(waiters[i].thread, NULL);
            }
        }
    }
    words[1] = 0;
}

/* A robust mutex whose owner ends, and one with an owner that the kernel knows. */
static void *end_as_owner(void *mutex)
{
    printf("locked: %d\n", pthread_mutex_lock(mutex));
    return NULL;
}

static void *unlock_later(void *mutex)
{
    printf("waited: %d\n", pthread_mutex_lock(mutex));
    printf("consistent: %d\n", pthread_mutex_consistent(mutex));
    printf("unlocked: %d\n", pthread_mutex_unlock(mutex));
    return NULL;
}

static void owners_end(int protocol)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutexattr_setprotocol(&attributes, protocol);
    pthread_mutex_t mutex;
    pthread_mutex_init(&mutex, &attributes);
    pthread_t first, second;
    pthread_create(&first, NULL, end_as_owner, &mutex);
    pthread_join(first, NULL);
    pthread_create(&second, NULL, unlock_later, &mutex);
    pthread_join(second, NULL);
    printf("locked again: %d\n", pthread_mutex_lock(&mutex));
    printf("unlocked again: %d\n", pthread_mutex_unlock(&mutex));
    pthread_create(&first, NULL, end_as_owner, &mutex);
    pthread_join(first, NULL);
    printf("died: %d\n", pthread_mutex_lock(&mutex));
    printf("unlocked: %d\n", pthread_mutex_unlock(&mutex));
    printf("lost: %d\n", pthread_mutex_lock(&mutex));
}

static void run(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    words = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    static const int flags[] = {0, PRIVATE};
    for (size_t f = 0; f < COUNT(flags); f++) {
        printf("flags %d\n", flags[f]);
        wake_in_order(flags[f]);
        wake_numbers(flags[f]);
        wake_bits(flags[f]);
        move(flags[f]);
        wake_operation(flags[f]);
    }
    kinds_are_apart();
    owners_end(PTHREAD_PRIO_NONE);
    owners_end(PTHREAD_PRIO_INHERIT);
}
