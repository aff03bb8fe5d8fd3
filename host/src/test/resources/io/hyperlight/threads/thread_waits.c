/* Threads that wait in every way that futexes and signals have, and what becomes of each wait. */
#define _GNU_SOURCE
#include <hyperlight.h>
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MOST 16

enum word { PLAIN, SHARED_PLAIN, LOCK, CONDITION, SEVERAL = 8, STARTED = 12 };

static int *words; /* in shared memory */
static int results[MOST], order[MOST], handled[MOST];
static int ended, threads;
static pthread_t thread[MOST];
static __thread int self;

static long futex(int *word, int op, long value, const void *timeout, int *second, int third)
{
    long result = syscall(SYS_futex, word, op, value, timeout, second, third);
    return result < 0 ? -errno : result;
}

static void handle(int number)
{
    (void)number;
    handled[self]++;
}

static long await(int how)
{
    struct {
        uint64_t value, address;
        uint32_t flags, reserved;
    } list[3];
    struct timespec late = {1000000, 0};
    sigset_t none, set;
    sigemptyset(&none);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    switch (how) {
        case 0:
        case 1:
        case 2: return futex(words + PLAIN, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
        case 3: return futex(words + SHARED_PLAIN, FUTEX_WAIT, 0, &late, NULL, 0);
        case 4: return futex(words + PLAIN, FUTEX_WAIT_BITSET_PRIVATE, 0, NULL, NULL, 2);
        case 5:
        case 6: return futex(words + LOCK, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0);
        case 7:
        case 8: return futex(words + CONDITION, FUTEX_WAIT_REQUEUE_PI_PRIVATE, 0, NULL, words + LOCK, 0);
        case 9:
            for (int i = 0; i < 3; i++) {
                list[i].value = 0;
                list[i].address = (uintptr_t)(words + SEVERAL + i);
                list[i].flags = 2;
                list[i].reserved = 0;
            }
            return syscall(449, list, 3, 0, NULL, 0);
        case 10: return sigsuspend(&none) == -1 ? -errno : 0;
        case 11: return sigwaitinfo(&set, NULL);
        case 12: return ppoll(NULL, 0, NULL, &none) == -1 ? -errno : 0;
        default: return clock_nanosleep(CLOCK_MONOTONIC, 0, &late, NULL);
    }
}

static void *waits(void *how)
{
    sigset_t all, after;
    self = (int)(long)how;
    sigfillset(&all);
    if (self >= 10 && self <= 12) {
        pthread_sigmask(SIG_SETMASK, &all, NULL);
    }
    words[STARTED]++;
    results[self] = (int)await(self);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    results[self] += sigismember(&after, SIGUSR1) ? 1000 : 0;
    order[self] = ++ended;
    if (self >= 5 && self <= 8) {
        results[self] += (words[LOCK] & FUTEX_TID_MASK) == gettid() ? 100 : 0;
        futex(words + LOCK, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0);
    }
    return NULL;
}

HL_EXPORT(int, start)
int start(void)
{
    struct sigaction action = {.sa_handler = handle};
    sigaction(SIGUSR1, &action, NULL);
    words = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    futex(words + LOCK, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0);
    for (threads = 0; threads < 14; threads++) {
        pthread_attr_t attributes;
        pthread_attr_init(&attributes);
        pthread_attr_setstacksize(&attributes, 64 << 10);
        if (pthread_create(&thread[threads], &attributes, waits, (void *)(long)threads) != 0) {
            return -1;
        }
        while (words[STARTED] == threads) {
            sched_yield();
        }
        sched_yield(); /* in a fixed order: now it waits */
    }
    return threads;
}

HL_EXPORT(hl_string, finish)
hl_string finish(void)
{
    static char text[1024];
    int length = 0;
    long counts[] = {
        futex(words + PLAIN, FUTEX_WAKE, 9, NULL, NULL, 0),
        futex(words + SHARED_PLAIN, FUTEX_WAKE_PRIVATE, 9, NULL, NULL, 0),
        futex(words + PLAIN, FUTEX_WAKE_BITSET_PRIVATE, 9, NULL, NULL, 4),
        futex(words + SEVERAL + 3, FUTEX_WAKE, 9, NULL, NULL, 0),
        futex(words + PLAIN, FUTEX_WAKE_PRIVATE, 2, NULL, NULL, 0),
        futex(words + PLAIN, FUTEX_WAKE_BITSET_PRIVATE, 9, NULL, NULL, 2),
        futex(words + SHARED_PLAIN, FUTEX_WAKE, 9, NULL, NULL, 0),
        futex(words + SEVERAL + 2, FUTEX_WAKE, 9, NULL, NULL, 0),
        futex(words + CONDITION, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, (void *)9, words + LOCK, 0),
        futex(words + LOCK, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0),
    };
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        length += snprintf(text + length, sizeof text - length, "%ld ", counts[i]);
    }
    pthread_kill(thread[10], SIGUSR1);
    pthread_kill(thread[11], SIGUSR2);
    pthread_kill(thread[12], SIGUSR1);
    pthread_kill(thread[13], SIGUSR1);
    for (int i = 0; i < threads; i++) {
        pthread_join(thread[i], NULL);
        length += snprintf(text + length, sizeof text - length, "/ %d: %d as %d handled %d ", i, results[i], order[i], handled[i]);
    }
    return hl_from_cstring(text);
}
