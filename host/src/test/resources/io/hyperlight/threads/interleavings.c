/* Threads whose result does not depend on their order, and what they print does. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define THREADS 5
#define ROUNDS 12
#define ROOM 3

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t not_empty = PTHREAD_COND_INITIALIZER, not_full = PTHREAD_COND_INITIALIZER;
static int queue[ROOM], head, length;
static long taken, order;
static sem_t finished;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int made;

static void make(void)
{
    made++;
}

static void *produce(void *own)
{
    pthread_once(&once, make);
    for (int i = 0; i < ROUNDS; i++) {
        unsigned char random;
        if (getrandom(&random, 1, 0) != 1) {
            abort();
        }
        if (random % 3 == 0) {
            sched_yield();
        }
        pthread_mutex_lock(&mutex);
        while (length == ROOM) {
            pthread_cond_wait(&not_full, &mutex);
        }
        queue[(head + length++) % ROOM] = (int) (long) own * 100 + i;
        pthread_cond_signal(&not_empty);
        pthread_mutex_unlock(&mutex);
        pthread_rwlock_rdlock(&rwlock);
        pthread_rwlock_unlock(&rwlock);
    }
    sem_post(&finished);
    return NULL;
}

static void *consume(void *unused)
{
    (void) unused;
    for (;;) {
        pthread_mutex_lock(&mutex);
        while (length == 0) {
            pthread_cond_wait(&not_empty, &mutex);
        }
        int value = queue[head];
        head = (head + 1) % ROOM;
        length--;
        taken += value;
        order = (order * 31 + value) & 0xfffffffffffff;
        pthread_cond_signal(&not_full);
        pthread_mutex_unlock(&mutex);
        pthread_rwlock_wrlock(&rwlock);
        pthread_rwlock_unlock(&rwlock);
        struct timespec nap = {0, 1000};
        nanosleep(&nap, NULL);
    }
    return NULL;
}

int main(void)
{
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 << 10);
    sem_init(&finished, 0, 0);
    for (long i = 0; i < THREADS; i++) {
        pthread_create(&thread, &attributes, produce, (void *) i);
        pthread_create(&thread, &attributes, consume, (void *) i);
    }
    for (int i = 0; i < THREADS; i++) {
        sem_wait(&finished);
    }
    pthread_mutex_lock(&mutex);
    while (length > 0) {
        pthread_mutex_unlock(&mutex);
        sched_yield();
        pthread_mutex_lock(&mutex);
    }
    printf("%ld %d\n%ld\n", taken, made, order);
    return 0;
}
