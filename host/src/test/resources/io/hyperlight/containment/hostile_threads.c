/* For HostileThreadsTest: threads for the attacks, behind hostile_program.c. */

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

/* Where the host saves what a thread had in the processor (ContextSwitchCode). */
#define AREAS (0x7ffffffff000ul - 1024 * PAGE)
#define FS_BASE 0xff0
#define FUTEX_WAITV 449

struct entry {
    uint64_t value, address;
    uint32_t flags, reserved;
};

static uint32_t first_word, second_word;
static volatile long result_of_thread;
static volatile int stops;

static pthread_t start(void *(*run)(void *))
{
    pthread_t thread;
    stops = 0;
    if (pthread_create(&thread, NULL, run, NULL) != 0) {
        exit(1);
    }
    return thread;
}

static void *sleeps(void *unused)
{
    for (;;) {
        pause();
    }
    return unused;
}

/* The program has two threads before any attack, so that all that threads need is there. */
__attribute__((constructor)) static void begin(void)
{
    start(sleeps);
}

static void *yields(void *unused)
{
    while (!stops) {
        sched_yield();
    }
    return unused;
}

/* Waits at one word, several times in one call, until the word has another value. */
static void *waits_twice(void *unused)
{
    struct entry list[3];
    for (size_t i = 0; i < COUNT(list); i++) {
        list[i] = (struct entry){0, (uint64_t)&first_word, 2 | FUTEX_PRIVATE_FLAG, 0};
    }
    result_of_thread = syscall(FUTEX_WAITV, list, COUNT(list), 0, NULL, 0);
    /* Nobody waits there, so a wrong result is one of the call before. */
    result_of_thread |= syscall(SYS_futex, &second_word, FUTEX_WAKE_PRIVATE, 5, NULL, NULL, 0) << 8;
    return unused;
}

/* Wakes those that wait at the first word, as soon as there are any. */
static long until_some(int command, long most, long other, void *target)
{
    for (int i = 0; i < 100000; i++) {
        long done = syscall(SYS_futex, &first_word, command, most, other, target, 0);
        if (done != 0) {
            return done;
        }
        sched_yield();
    }
    return 0;
}
