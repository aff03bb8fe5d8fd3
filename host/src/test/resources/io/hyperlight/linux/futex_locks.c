/* Futexes that know their owners, and waits that move to them, that have several words, or that end by time or signals. */
#include <pthread.h>
#include <stdatomic.h>

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif

#define LOCK_PI2 13

static int *words;
static atomic_int number;      /* of the thread that was started last */
static atomic_int go;
static char text[3][96];

static long futex(int *word, int op, long value, const void *timeout, int *second, int third)
{
    long result = syscall(SYS_futex, word, op, value, timeout, second, third);
    return result < 0 ? -errno : result;
}

static int *const nothing = NULL;

static const char *word(int *at, int first, int second)
{
    static char said[64];
    int owner = *at & FUTEX_TID_MASK;
    snprintf(said, sizeof said, "%s%s%s", owner == 0 ? "nobody" : owner == gettid() ? "main" : owner == first ? "first" : owner == second ? "second" : "other",
        *at & FUTEX_WAITERS ? " waiters" : "", *at & FUTEX_OWNER_DIED ? " died" : "");
    return said;
}

struct locker {
    pthread_t thread;
    int index, op, number, unlocks;
    const struct timespec *timeout;
};

static void *lock_there(void *argument)
{
    struct locker *own = argument;
    own->number = gettid();
    atomic_store(&number, own->number);
    long result = futex(words, own->op, 0, own->timeout, nothing, 0);
    int is_mine = (*words & FUTEX_TID_MASK) == gettid();
    snprintf(text[own->index], sizeof text[0], "locker %d: %ld, mine %d, unlocks %ld", own->index, result, is_mine,
        own->unlocks ? futex(words, FUTEX_UNLOCK_PI | (own->op & FUTEX_PRIVATE_FLAG), 0, NULL, nothing, 0) : 1);
    return NULL;
}

static struct locker lockers[3];

static int start_locker(int index, int op, int unlocks, const struct timespec *timeout)
{
    atomic_store(&number, 0);
    lockers[index] = (struct locker){.index = index, .op = op, .unlocks = unlocks, .timeout = timeout};
    pthread_create(&lockers[index].thread, NULL, lock_there, &lockers[index]);
    while (atomic_load(&number) == 0) {
        sched_yield();
    }
    return atomic_load(&number);
}

static void join_locker(int index)
{
    pthread_join(lockers[index].thread, NULL);
    puts(text[index]);
}

static void until_waited_for(int *at)
{
    while ((*(volatile int *)at & FUTEX_WAITERS) == 0) {
        sched_yield();
    }
    /* A requeue finds one that waits for a lock, and refuses. */
    while (futex(at, FUTEX_REQUEUE, 0, (void *)1L, at, 0) == 0 && futex(at, FUTEX_REQUEUE | FUTEX_PRIVATE_FLAG, 0, (void *)1L, at, 0) == 0) {
        sched_yield();
    }
}

static void locks(int flag, int op)
{
    printf("lock %d flag %d\n", op, flag);
    *words = 0;
    SHOW(futex(words, op | flag, 0, NULL, nothing, 0));
    SHOW(futex(words, op | flag, 0, NULL, nothing, 0));
    SHOW(futex(words, FUTEX_TRYLOCK_PI | flag, 0, NULL, nothing, 0));
    int first = start_locker(0, op | flag, 1, NULL);
    until_waited_for(words);
    puts(word(words, first, 0));
    SHOW(futex(words, FUTEX_WAKE | flag, 1, NULL, nothing, 0));
    SHOW(futex(words, FUTEX_WAIT | flag, *words + 1, NULL, nothing, 0));
    SHOW(futex(words, FUTEX_CMP_REQUEUE | flag, 1, NULL, words + 1, *words));
    SHOW(futex(words, FUTEX_UNLOCK_PI | flag, 0, NULL, nothing, 0));
    join_locker(0);
    puts(word(words, first, 0));
    SHOW(futex(words, FUTEX_UNLOCK_PI | flag, 0, NULL, nothing, 0));
    /* The owner of the lock ends. */
    first = start_locker(0, op | flag, 0, NULL);
    join_locker(0);
    puts(word(words, first, 0));
    SHOW(futex(words, FUTEX_TRYLOCK_PI | flag, 0, NULL, nothing, 0));
    *words = 0;
    /* A word that does not say what is known. */
    SHOW(futex(words, op | flag, 0, NULL, nothing, 0));
    first = start_locker(0, op | flag, 1, NULL);
    until_waited_for(words);
    int before = *words;
    *words = 0;
    SHOW(futex(words, FUTEX_TRYLOCK_PI | flag, 0, NULL, nothing, 0));
    SHOW(futex(words, FUTEX_UNLOCK_PI | flag, 0, NULL, nothing, 0));
    *words = NOBODY / 2 | FUTEX_WAITERS;
    SHOW(futex(words, op | flag, 0, NULL, nothing, 0));
    *words = before;
    SHOW(futex(words, FUTEX_UNLOCK_PI | flag, 0, NULL, nothing, 0));
    join_locker(0);
    /* Time is over. */
    struct timespec past = {1, 0};
    SHOW(futex(words, op | flag, 0, NULL, nothing, 0));
    start_locker(0, op | flag, 0, &past);
    join_locker(0);
    puts(word(words, 0, 0));
    SHOW(futex(words, FUTEX_UNLOCK_PI | flag, 0, NULL, nothing, 0));
    puts(word(words, 0, 0));
}

/* Each thread has one lock and wants that of the other. */
static void *hold_second(void *argument)
{
    long first = futex(words + 1, FUTEX_LOCK_PI, 0, NULL, nothing, 0);
    atomic_store(&number, gettid());
    long second = futex(words, FUTEX_LOCK_PI, 0, NULL, nothing, 0);
    snprintf(text[0], sizeof text[0], "holds second: %ld %ld %ld %ld", first, second, futex(words, FUTEX_UNLOCK_PI, 0, NULL, nothing, 0),
        futex(words + 1, FUTEX_UNLOCK_PI, 0, NULL, nothing, 0));
    return argument;
}

static void deadlock(void)
{
    pthread_t other;
    words[0] = words[1] = 0;
    atomic_store(&number, 0);
    SHOW(futex(words, FUTEX_LOCK_PI, 0, NULL, nothing, 0));
    pthread_create(&other, NULL, hold_second, NULL);
    until_waited_for(words);
    SHOW(futex(words + 1, FUTEX_LOCK_PI, 0, NULL, nothing, 0));
    SHOW(futex(words, FUTEX_UNLOCK_PI, 0, NULL, nothing, 0));
    pthread_join(other, NULL);
    puts(text[0]);
}

/* Conditions that wake their waiters with the lock. */
static void *wait_for_lock(void *argument)
{
    int index = (int)(long)argument;
    long result = futex(words + 2, FUTEX_WAIT_REQUEUE_PI, 0, NULL, words, 0);
    int is_mine = (*words & FUTEX_TID_MASK) == gettid();
    snprintf(text[index], sizeof text[0], "waiter: %ld, mine %d, unlocks %ld", result, is_mine,
        futex(words, FUTEX_UNLOCK_PI, 0, NULL, nothing, 0));
    return NULL;
}

static int waiting(int *at)
{
    return (int)futex(at, FUTEX_CMP_REQUEUE_PI, 1, NULL, words + 3, *at); /* to another lock: refused */
}

static void conditions(int locked, int moves)
{
    pthread_t threads[3];
    words[0] = words[2] = 0;
    if (locked) {
        futex(words, FUTEX_LOCK_PI, 0, NULL, nothing, 0);
    }
    for (int i = 0; i < 3; i++) {
        pthread_create(&threads[i], NULL, wait_for_lock, (void *)(long)i);
    }
    while (waiting(words + 2) == 0) {
        sched_yield();
    }
    printf("one waits: %d\n", waiting(words + 2));
    SHOW(futex(words + 2, FUTEX_WAKE, 1, NULL, nothing, 0));
    SHOW(futex(words + 2, FUTEX_REQUEUE, 1, (void *)1, words + 1, 0));
    SHOW(futex(words + 2, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, words, 5));
    SHOW(futex(words + 2, FUTEX_CMP_REQUEUE_PI, 2, (void *)1, words, 0));
    long moved = 0;
    while (moved < 3) {
        long more = futex(words + 2, FUTEX_CMP_REQUEUE_PI, 1, (void *)(long)moves, words, 0);
        if (more < 0) {
            printf("moves: %ld\n", more);
            break;
        }
        moved += more;
        sched_yield();
    }
    printf("moved %ld\n", moved);
    if (locked) {
        printf("unlocks %ld\n", futex(words, FUTEX_UNLOCK_PI, 0, NULL, nothing, 0));
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        puts(text[i]);
    }
    puts(word(words, 0, 0));
}

struct entry {
    uint64_t value, address;
    uint32_t flags, reserved;
};

static long wait_for_any(struct entry *list, unsigned count, unsigned flags, const struct timespec *until, int clock)
{
    long result = syscall(SYS_futex_waitv, list, count, flags, until, clock);
    return result < 0 ? -errno : result;
}

static void *wait_for_several(void *argument)
{
    struct entry list[128];
    for (int i = 0; i < 128; i++) {
        list[i] = (struct entry){.value = 0, .address = (uintptr_t)(words + 100 + i), .flags = 2};
    }
    snprintf(text[0], sizeof text[0], "woken by %ld", wait_for_any(list, 128, 0, NULL, 0));
    return argument;
}

static void several(void)
{
    struct entry list[2] = {{.value = 0, .address = (uintptr_t)(words + 100), .flags = 2}, {.value = 0, .address = (uintptr_t)(words + 101), .flags = 2}};
    struct timespec past = {1, 0}, wrong = {1, 1000000000};
    SHOW(wait_for_any(list, 0, 0, NULL, 0));
    SHOW(wait_for_any(list, 129, 0, NULL, 0));
    SHOW(wait_for_any(list, 2, 1, NULL, 0));
    SHOW(wait_for_any(NULL, 2, 0, NULL, 0));
    SHOW(wait_for_any((void *)8, 2, 0, NULL, 0));
    SHOW(wait_for_any(list, 2, 0, &past, 1));
    SHOW(wait_for_any(list, 2, 0, &past, 0));
    SHOW(wait_for_any(list, 2, 0, &past, 2));
    SHOW(wait_for_any(list, 2, 0, &wrong, 0));
    SHOW(wait_for_any(list, 2, 0, (void *)8, 0));
    list[1].value = 7;
    SHOW(wait_for_any(list, 2, 0, &past, 1));
    list[1].value = 0;
    list[1].address++;
    SHOW(wait_for_any(list, 2, 0, &past, 1));
    list[1].address = 8;
    SHOW(wait_for_any(list, 2, 0, &past, 1));
    list[1].flags = 2 | 128;
    SHOW(wait_for_any(list, 2, 0, &past, 1));
    list[1].flags = 0;
    SHOW(wait_for_any(list, 2, 0, &past, 1));
    list[1].flags = 2 | 1 << 10;
    SHOW(wait_for_any(list, 2, 0, &past, 1));
    list[1] = (struct entry){.address = (uintptr_t)words, .flags = 2, .reserved = 1};
    SHOW(wait_for_any(list, 2, 0, &past, 1));
    for (int i = 0; i < 128; i += 127) {
        pthread_t thread;
        pthread_create(&thread, NULL, wait_for_several, NULL);
        while (futex(words + 100 + i, FUTEX_WAKE, 1, NULL, nothing, 0) == 0) {
            sched_yield();
        }
        pthread_join(thread, NULL);
        puts(text[0]);
        SHOW(futex(words + 100 + 5, FUTEX_WAKE, 1, NULL, nothing, 0));
    }
}

static void *wait_for_one_often(void *argument)
{
    struct entry list[8];
    for (int i = 0; i < 8; i++) {
        list[i] = (struct entry){.value = 0, .address = (uintptr_t)(words + (i == 5 ? 301 : 300)), .flags = 2};
    }
    atomic_store(&number, gettid());
    long first = wait_for_any(list, 8, 0, NULL, 0);
    /* A call that does not find the word as it expects ends at once, whatever woke the one before. */
    snprintf(text[0], sizeof text[0], "woken by %ld, then %ld %ld", first, futex(words + 300, FUTEX_WAIT, 1, NULL, nothing, 0),
        futex(words + 310, FUTEX_UNLOCK_PI, 0, NULL, nothing, 0));
    return argument;
}

/* One task waits for one futex several times. All of it is over when one of its places is woken. */
static void often(void)
{
    for (int kind = 0; kind < 6; kind++) {
        pthread_t thread;
        atomic_store(&number, 0);
        pthread_create(&thread, NULL, wait_for_one_often, NULL);
        while (futex(words + 300, FUTEX_REQUEUE, 0, (void *)8L, words + 300, 0) < 7) {
            sched_yield();
        }
        static void *const most = (void *)(long)INT_MAX;
        switch (kind) {
        case 0: SHOW(futex(words + 300, FUTEX_WAKE, 1, NULL, nothing, 0)); break;
        case 1: SHOW(futex(words + 300, FUTEX_WAKE, INT_MAX, NULL, nothing, 0)); break;
        case 2: SHOW(futex(words + 300, FUTEX_REQUEUE, 1, most, words + 302, 0)); break;
        case 3: SHOW(futex(words + 300, FUTEX_REQUEUE, 3, (void *)2L, words + 302, 0)); break;
        case 4: SHOW(futex(words + 300, FUTEX_WAKE_OP, INT_MAX, most, words + 301, 0)); break;
        default: SHOW(futex(words + 300, FUTEX_WAKE_OP, 2, (void *)3L, words + 300, 0)); break;
        }
        pthread_join(thread, NULL);
        puts(text[0]);
        for (int i = 300; i < 303; i++) {
            SHOW(futex(words + i, FUTEX_WAKE, INT_MAX, NULL, nothing, 0));
        }
    }
}

static void handle(int signal)
{
    (void)signal;
}

static int op_of_wait;
static const struct timespec *time_of_wait;

static void *wait_for_signal(void *argument)
{
    atomic_store(&number, gettid());
    int value = words[8];
    long result = op_of_wait == SYS_futex_waitv
        ? wait_for_any((struct entry[]){{.value = value, .address = (uintptr_t)(words + 8), .flags = 2}}, 1, 0, NULL, 0)
        : futex(words + 8, op_of_wait, value, time_of_wait, words + 9, -1);
    snprintf(text[0], sizeof text[0], "%ld", result);
    return argument;
}

/* What a signal does to each kind of wait: an error, or another try, which finds another value. */
static void signals(void)
{
    static struct timespec later = {100, 0}, far = {1L << 33, 0};
    static const int ops[] = {FUTEX_WAIT, FUTEX_WAIT_BITSET, SYS_futex_waitv};
    for (int flags = 0; flags <= SA_RESTART; flags += SA_RESTART) {
        struct sigaction action = {.sa_handler = handle, .sa_flags = flags};
        sigaction(SIGUSR1, &action, NULL);
        for (size_t i = 0; i < COUNT(ops); i++) {
            for (int timed = 0; timed < (ops[i] == SYS_futex_waitv ? 1 : 2); timed++) {
                pthread_t thread;
                op_of_wait = ops[i];
                time_of_wait = !timed ? NULL : ops[i] == FUTEX_WAIT ? &later : &far;
                words[8] = 0;
                atomic_store(&number, 0);
                pthread_create(&thread, NULL, wait_for_signal, NULL);
                while (futex(words + 8, FUTEX_REQUEUE, 0, (void *)1L, words + 8, 0) == 0) {
                    sched_yield();
                }
                words[8] = 1;
                pthread_kill(thread, SIGUSR1);
                pthread_join(thread, NULL);
                printf("flags %x op %d timed %d: %s\n", flags, ops[i], timed, text[0]);
            }
        }
    }
}

static void run(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    words = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    locks(0, FUTEX_LOCK_PI);
    locks(FUTEX_PRIVATE_FLAG, FUTEX_LOCK_PI);
    locks(0, LOCK_PI2);
    deadlock();
    for (int moves = 0; moves < 4; moves++) {
        printf("moves %d\n", moves);
        conditions(1, moves);
        conditions(0, moves);
    }
    several();
    often();
    signals();
}
