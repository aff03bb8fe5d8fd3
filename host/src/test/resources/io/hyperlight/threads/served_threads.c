/* A served program whose threads wait in different ways, and together answer each request. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define WAYS 6

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t asked = PTHREAD_COND_INITIALIZER;
static sem_t semaphore, answered;
static int a_pipe[2], event = -1, polled[2];
static int rounds;
static __thread int answers;
static long results[WAYS];
static double doubles[WAYS];

/* Waits for a request in one of the ways. */
static int wait_in_way(int way, int seen)
{
    char byte;
    uint64_t value;
    struct pollfd ready;
    struct epoll_event happened;
    static int epoll = -1;
    sigset_t set;
    switch (way) {
    case 0:
        pthread_mutex_lock(&mutex);
        while (rounds == seen) {
            pthread_cond_wait(&asked, &mutex);
        }
        pthread_mutex_unlock(&mutex);
        return 0;
    case 1:
        return sem_wait(&semaphore);
    case 2:
        return read(a_pipe[0], &byte, 1) == 1 ? 0 : -1;
    case 3:
        if (epoll == -1) {
            epoll = epoll_create1(0);
            struct epoll_event wanted = {.events = EPOLLIN};
            epoll_ctl(epoll, EPOLL_CTL_ADD, event, &wanted);
        }
        if (epoll_wait(epoll, &happened, 1, 100000000) != 1) {
            return -1;
        }
        return read(event, &value, sizeof value) == sizeof value ? 0 : -1;
    case 4:
        ready = (struct pollfd) {.fd = polled[0], .events = POLLIN};
        if (poll(&ready, 1, -1) != 1) {
            return -1;
        }
        return read(polled[0], &byte, 1) == 1 ? 0 : -1;
    default:
        sigemptyset(&set);
        sigaddset(&set, SIGUSR1);
        return sigwaitinfo(&set, NULL) == SIGUSR1 ? 0 : -1;
    }
}

static void *answer(void *number)
{
    int way = (int) (long) number;
    int seen = 0;
    double value = way;
    for (;;) {
        if (wait_in_way(way, seen) != 0) {
            results[way] = -errno;
            sem_post(&answered);
            return NULL;
        }
        seen++;
        answers++;
        value = value * 1.5 + answers;
        results[way] = answers;
        doubles[way] = value;
        sem_post(&answered);
    }
}

static void *sleeps(void *unused)
{
    (void) unused;
    struct timespec very_long = {1000000, 0};
    nanosleep(&very_long, NULL);
    abort();
}

int main(void)
{
    pthread_t threads[WAYS], sleeper;
    sigset_t set;
    char line[4096];
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    sem_init(&semaphore, 0, 0);
    sem_init(&answered, 0, 0);
    if (pipe(a_pipe) != 0 || pipe(polled) != 0 || (event = eventfd(0, 0)) == -1) {
        return 1;
    }
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 << 10);
    pthread_create(&sleeper, &attributes, sleeps, NULL);
    for (long i = 0; i < WAYS; i++) {
        pthread_create(&threads[i], &attributes, answer, (void *) i);
    }
    for (;;) {
        ssize_t length = 0, more;
        while ((more = read(0, line + length, sizeof line - length)) > 0) {
            length += more;
        }
        if (length == 0) {
            continue;
        }
        if (!memcmp(line, "spin", 4)) {
            for (;;) { }
        }
        pthread_mutex_lock(&mutex);
        rounds++;
        pthread_cond_broadcast(&asked);
        pthread_mutex_unlock(&mutex);
        uint64_t one = 1;
        sem_post(&semaphore);
        if (write(a_pipe[1], "x", 1) != 1 || write(event, &one, sizeof one) != sizeof one
            || write(polled[1], "x", 1) != 1) {
            return 2;
        }
        pthread_kill(threads[5], SIGUSR1);
        for (int i = 0; i < WAYS; i++) {
            sem_wait(&answered);
        }
        printf("%.*s:", (int) length, line);
        for (int i = 0; i < WAYS; i++) {
            uint64_t bits;
            memcpy(&bits, &doubles[i], sizeof bits);
            printf(" %ld/%lx", results[i], bits);
        }
        printf("\n");
        fflush(stdout);
    }
}
