/*
 * Threads that wait, compute and touch memory in every way in which a program can be frozen. The
 * request is the number of rounds. What is printed does not depend on the order of the threads.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define LARGE 150000
#define PAGES 256

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t begun = PTHREAD_COND_INITIALIZER;
static sem_t done;
static int rounds, event, timer, large[2], handled[2];
static volatile int handler_runs;
static volatile uint64_t in_handler;

static void check(int holds, const char *what)
{
    if (!holds) {
        printf("wrong: %s, errno %d\n", what, errno);
        fflush(stdout);
        _exit(1);
    }
}

static int next_round(int seen)
{
    pthread_mutex_lock(&mutex);
    while (rounds == seen) {
        pthread_cond_wait(&begun, &mutex);
    }
    pthread_mutex_unlock(&mutex);
    return seen + 1;
}

/* Waits for futexes. */
static void *waits_for_futex(void *result)
{
    for (int round = 0;;) {
        round = next_round(round);
        *(uint64_t *) result = *(uint64_t *) result * 31 + round;
        sem_post(&done);
    }
}

/* Waits by epoll for a counter and a timer. */
static void *waits_by_epoll(void *result)
{
    int epoll = epoll_create1(0);
    struct epoll_event wanted = {.events = EPOLLIN | EPOLLET, .data.fd = event}, happened[2];
    check(epoll_ctl(epoll, EPOLL_CTL_ADD, event, &wanted) == 0, "epoll_ctl");
    wanted = (struct epoll_event) {.events = EPOLLIN, .data.fd = timer};
    check(epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &wanted) == 0, "epoll_ctl");
    for (int counted = 0, expired = 0;;) {
        int ready = epoll_wait(epoll, happened, 2, -1);
        check(ready > 0, "epoll_wait");
        for (int i = 0; i < ready; i++) {
            uint64_t value;
            int from = happened[i].data.fd;
            check(read(from, &value, sizeof value) == sizeof value, "read of a counter");
            if (from == event) {
                *(uint64_t *) result = *(uint64_t *) result * 31 + value;
                counted = 1;
            } else {
                check(value == 1, "a timer's count");
                expired = 1;
            }
        }
        if (counted && expired) {
            counted = expired = 0;
            sem_post(&done);
        }
    }
}

/* Writes more than a pipe holds. */
static void *fills_a_pipe(void *result)
{
    static unsigned char bytes[LARGE];
    for (int round = 0;;) {
        round = next_round(round);
        for (int i = 0; i < LARGE; i++) {
            bytes[i] = i * 7 + round + i / 4096;
        }
        check(write(large[1], bytes, LARGE) == LARGE, "write to a pipe");
        *(uint64_t *) result += round;
        sem_post(&done);
    }
}

/* Runs on an alternate stack, waits there, and computes with vectors that the code outside has. */
static void handler(int signal, siginfo_t *info, void *unused)
{
    (void) unused;
    char byte;
    volatile double local[512];
    stack_t stack;
    check(sigaltstack(NULL, &stack) == 0 && stack.ss_flags == SS_ONSTACK, "an alternate stack");
    check(signal == SIGUSR1 && info->si_code == SI_TKILL, "a signal's information");
    for (int i = 0; i < 512; i++) {
        local[i] = i * 0.5;
    }
    check(read(handled[0], &byte, 1) == 1, "read in a handler");
    double sum = 0;
    for (int i = 0; i < 512; i++) {
        sum += local[i];
    }
    in_handler = in_handler * 31 + (uint64_t) sum + byte;
    handler_runs++;
}

static void *is_interrupted(void *result)
{
    stack_t stack = {.ss_sp = malloc(65536), .ss_size = 65536};
    check(sigaltstack(&stack, NULL) == 0, "sigaltstack");
    sem_post(&done);
    double a = 1, b = 2, c = 3, d = 4;
    long double e = 5;
    for (int runs = 0;; runs++) {
        int rest = 0;
        while (handler_runs == runs || rest++ < 1000) {
            double old = a; /* stays the same, but only if nobody changes a register */
            a = b; b = c; c = d; d = old; e = -e;
            if (handler_runs == runs) {
                rest = 0;
            }
        }
        check(a + b + c + d == 10 && (e == 5 || e == -5), "registers around a handler");
        *(uint64_t *) result = *(uint64_t *) result * 31 + (uint64_t) (a * b * c * d);
        sem_post(&done);
    }
}

/* Touches pages that have no memory yet. */
static void *touches_memory(void *result)
{
    for (int round = 0;;) {
        round = next_round(round);
        unsigned char *pages =
            mmap(NULL, PAGES << 12, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        check(pages != MAP_FAILED, "mmap");
        for (int i = 0; i < PAGES; i++) {
            int page = i * 101 % PAGES;
            check(pages[(page << 12) + i] == 0, "a fresh page");
            pages[(page << 12) + i] = page;
        }
        for (int i = 0; i < PAGES; i++) {
            *(uint64_t *) result = *(uint64_t *) result * 31 + pages[(i * 101 % PAGES << 12) + i];
        }
        check(munmap(pages, PAGES << 12) == 0, "munmap");
        sem_post(&done);
    }
}

/* Lets others run with its values in registers. */
static void *yields(void *result)
{
    uint64_t number = (uintptr_t) result % 4096;
    for (int round = 0;;) {
        round = next_round(round);
        double first = number, second = round, third = 0.25;
        for (int i = 0; i < 50; i++) {
            first += second * third;
            sched_yield();
            second += third;
        }
        first -= number;
        *(uint64_t *) result = *(uint64_t *) result * 31 + (uint64_t) (first * 1000);
        sem_post(&done);
    }
}

/* Sleeps, by a clock that stands still while the program is frozen. */
static void *sleeps(void *result)
{
    for (int round = 0;;) {
        round = next_round(round);
        struct timespec short_time = {0, 2000000}, before, after;
        clock_gettime(CLOCK_MONOTONIC, &before);
        check(nanosleep(&short_time, NULL) == 0, "nanosleep");
        clock_gettime(CLOCK_MONOTONIC, &after);
        long nanos = (after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec;
        check(nanos >= 2000000, "time of a sleep");
        *(uint64_t *) result += round;
        sem_post(&done);
    }
}

static uint64_t read_slowly(int round)
{
    static unsigned char piece[7001];
    uint64_t sum = 0;
    for (int at = 0; at < LARGE;) {
        ssize_t length = read(large[0], piece, sizeof piece);
        check(length > 0, "read from a pipe");
        for (int i = 0; i < length; i++, at++) {
            check(piece[i] == (unsigned char) (at * 7 + round + at / 4096), "bytes in a pipe");
            sum += piece[i];
        }
        sched_yield();
    }
    return sum;
}

int main(void)
{
    static void *(*const ways[])(void *) = {waits_for_futex, waits_by_epoll, fills_a_pipe, is_interrupted,
        touches_memory, yields, yields, sleeps};
    enum { WAYS = sizeof ways / sizeof *ways };
    static uint64_t results[WAYS];
    pthread_t threads[WAYS];
    char line[64];
    uint64_t sums = 0, all;
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    sem_init(&done, 0, 0);
    event = eventfd(0, 0);
    timer = timerfd_create(CLOCK_MONOTONIC, 0);
    check(pipe(large) == 0 && pipe(handled) == 0, "pipe");
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_ONSTACK | SA_SIGINFO | SA_RESTART};
    check(sigaction(SIGUSR1, &action, NULL) == 0, "sigaction");
    ssize_t length = 0, more;
    while ((more = read(0, line + length, sizeof line - 1 - length)) > 0) {
        length += more;
    }
    check(more == 0, "the request");
    line[length] = 0;
    printf("%s rounds\n", line);
    fflush(stdout);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 128 << 10);
    for (int i = 0; i < WAYS; i++) {
        results[i] = 0;
        check(pthread_create(&threads[i], &attributes, ways[i], &results[i]) == 0, "a thread");
    }
    sem_wait(&done);
    for (int round = 1; round <= atoi(line); round++) {
        struct itimerspec soon = {.it_value.tv_nsec = 1000000};
        pthread_mutex_lock(&mutex);
        rounds = round;
        pthread_cond_broadcast(&begun);
        pthread_mutex_unlock(&mutex);
        check(timerfd_settime(timer, 0, &soon, NULL) == 0, "timerfd_settime");
        uint64_t count = round + 5;
        check(write(event, &count, sizeof count) == sizeof count, "write to a counter");
        pthread_kill(threads[3], SIGUSR1);
        sums = sums * 31 + read_slowly(round);
        check(write(handled[1], "x", 1) == 1, "write to a handler");
        for (int i = 0; i < WAYS; i++) {
            sem_wait(&done);
        }
    }
    all = in_handler;
    for (int i = 0; i < WAYS; i++) {
        all = all * 31 + results[i];
        printf("%d %lx\n", i, results[i]);
    }
    printf("pipe %lx, handler %d %lx, all %lx\n", sums, handler_runs, in_handler, all);
    fflush(stdout);
    _exit(0);
}
