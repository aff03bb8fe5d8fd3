/* Functions that share a guest with threads of their own. */
#define _GNU_SOURCE
#include <hyperlight.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

HL_IMPORT(int, twice, int)
HL_IMPORT(hl_string, greet, hl_string)

#define MOST 32

static pthread_t threads[MOST];
static volatile long counters[MOST];
static volatile int stop;
static int count;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wanted = PTHREAD_COND_INITIALIZER;
static pthread_cond_t made = PTHREAD_COND_INITIALIZER;
static int jobs, results;

static int start_thread(pthread_t *thread, void *(*code)(void *), void *argument)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 << 10);
    return pthread_create(thread, &attributes, code, argument);
}

static void *counts(void *number)
{
    while (!stop) {
        counters[(long) number]++;
        sched_yield();
    }
    return NULL;
}

HL_EXPORT(int, start_counters, int)
int start_counters(int more)
{
    for (int i = 0; i < more && count < MOST; i++) {
        int error = start_thread(&threads[count], counts, (void *) (long) count);
        if (error != 0) {
            return -error;
        }
        count++;
    }
    return count;
}

HL_EXPORT(long, sum)
long sum(void)
{
    long all = 0;
    for (int i = 0; i < count; i++) {
        all += counters[i];
    }
    return all;
}

HL_EXPORT(long, smallest_after, int)
long smallest_after(int yields)
{
    for (int i = 0; i < yields; i++) {
        sched_yield();
    }
    long smallest = counters[0];
    for (int i = 1; i < count; i++) {
        smallest = counters[i] < smallest ? counters[i] : smallest;
    }
    return smallest;
}

HL_EXPORT(int, join_all)
int join_all(void)
{
    stop = 1;
    int joined = 0;
    while (count > 0) {
        joined += pthread_join(threads[--count], NULL) == 0;
    }
    stop = 0;
    return joined;
}

static void *works(void *unused)
{
    (void) unused;
    pthread_mutex_lock(&mutex);
    for (;;) {
        while (jobs == 0) {
            pthread_cond_wait(&wanted, &mutex);
        }
        jobs--;
        results++;
        pthread_cond_signal(&made);
    }
    return NULL;
}

HL_EXPORT(int, start_workers, int)
int start_workers(int number)
{
    for (int i = 0; i < number; i++) {
        pthread_t thread;
        int error = start_thread(&thread, works, NULL);
        if (error != 0) {
            return -error;
        }
    }
    return number;
}

HL_EXPORT(int, work, int)
int work(int more)
{
    pthread_mutex_lock(&mutex);
    int goal = results + more;
    jobs += more;
    pthread_cond_broadcast(&wanted);
    while (results < goal) {
        pthread_cond_wait(&made, &mutex);
    }
    pthread_mutex_unlock(&mutex);
    return results;
}

static void *calls_the_host(void *number)
{
    return (void *) (long) twice((int) (long) number);
}

static void *greets(void *unused)
{
    (void) unused;
    return strdup(greet(HL_STR("thread")).data);
}

HL_EXPORT(int, twice_by_thread, int)
int twice_by_thread(int number)
{
    pthread_t thread;
    void *result;
    start_thread(&thread, calls_the_host, (void *) (long) number);
    pthread_join(thread, &result);
    return (int) (long) result;
}

HL_EXPORT(hl_string, greeting_by_thread)
hl_string greeting_by_thread(void)
{
    pthread_t thread;
    void *result;
    start_thread(&thread, greets, NULL);
    pthread_join(thread, &result);
    return hl_from_cstring(result);
}

static void *waits(void *unused)
{
    (void) unused;
    pthread_mutex_lock(&mutex);
    for (;;) {
        pthread_cond_wait(&wanted, &mutex);
    }
    return NULL;
}

HL_EXPORT(void, wait_for_ever)
void wait_for_ever(void)
{
    pthread_t thread;
    start_thread(&thread, waits, NULL);
    pthread_join(thread, NULL);
}

static sem_t napped;

static void *naps(void *unused)
{
    (void) unused;
    struct timespec nap = {0, 2000000};
    nanosleep(&nap, NULL);
    sem_post(&napped);
    return NULL;
}

HL_EXPORT(int, nap_in_threads, int)
int nap_in_threads(int number)
{
    sem_init(&napped, 0, 0);
    for (int i = 0; i < number; i++) {
        pthread_t thread;
        if (start_thread(&thread, naps, NULL) != 0) {
            return -1;
        }
        pthread_detach(thread);
    }
    for (int i = 0; i < number; i++) {
        sem_wait(&napped);
    }
    return number;
}
