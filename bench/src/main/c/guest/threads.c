/* Two threads that take turns, each for a number of rounds, or that compute at the same time. The call ends when both are done. */
#include <hyperlight.h>

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static void *yield(void *rounds)
{
    for (int i = 0; i < *(int *)rounds; i++) {
        sched_yield();
    }
    return NULL;
}

/* 0: the caller's turn; 1: the other's. */
static atomic_int turn;

static void take_turns(int own, int rounds)
{
    for (int i = 0; i < rounds; i++) {
        while (atomic_load(&turn) != own) {
            syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, 1 - own, NULL, NULL, 0);
        }
        atomic_store(&turn, 1 - own);
        syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    }
}

static void *hand_over(void *rounds)
{
    take_turns(1, *(int *)rounds);
    return NULL;
}

static int with_another(void *(*code)(void *), int rounds)
{
    pthread_t other;
    if (pthread_create(&other, NULL, code, &rounds) != 0) {
        abort();
    }
    if (code == yield) {
        yield(&rounds);
    } else {
        take_turns(0, rounds);
    }
    pthread_join(other, NULL);
    return rounds;
}

HL_EXPORT(int, yields, int)
int yields(int rounds)
{
    return with_another(yield, rounds);
}

HL_EXPORT(int, handovers, int)
int handovers(int rounds)
{
    return with_another(hand_over, rounds);
}

static int rounds;

/* With 20 million rounds, some 40 ms of computing. The floor has the same loop. */
static uint64_t compute(uint64_t number)
{
    for (int i = 0; i < rounds; i++) {
        number ^= number << 13;
        number ^= number >> 7;
        number ^= number << 17;
    }
    return number;
}

static void *compute_other(void *number)
{
    *(uint64_t *)number = compute(*(uint64_t *)number);
    return NULL;
}

/* Computes on one or two threads, each the same. Returns 1 if both have the same result. */
HL_EXPORT(int, computes, int, int)
int computes(int threads, int wanted)
{
    rounds = wanted;
    uint64_t other_number = 1;
    pthread_t other;
    if (threads > 1 && pthread_create(&other, NULL, compute_other, &other_number) != 0) {
        abort();
    }
    uint64_t number = compute(1);
    if (threads > 1) {
        pthread_join(other, NULL);
        return number == other_number;
    }
    return number != 0;
}
