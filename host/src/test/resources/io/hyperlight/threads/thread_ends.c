/* A program with threads that ends in the way that its argument says. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t all_there;
static volatile int stop;

/* The kernel clears this when the first thread ends. */
static volatile int first = 1;

__attribute__((noinline)) static void *waits_for_ever(void *name)
{
    pthread_setname_np(pthread_self(), name);
    pthread_barrier_wait(&all_there);
    pthread_mutex_lock(&mutex);
    while (!stop) {
        pthread_cond_wait(&never, &mutex);
    }
    return NULL;
}

__attribute__((noinline)) static void *spins(void *unused)
{
    (void) unused;
    while (!stop) { }
    return NULL;
}

__attribute__((noinline)) static void *faults(void *unused)
{
    (void) unused;
    *(volatile int *) 8 = 1;
    return NULL;
}

static void *exits(void *status)
{
    exit((int) (long) status);
}

static void *ends_alone(void *status)
{
    syscall(SYS_exit, (int) (long) status);
    return NULL;
}

static void *after_the_first(void *unused)
{
    (void) unused;
    while (first != 0) {
        sched_yield();
    }
    printf("after the first\n");
    fflush(stdout);
    syscall(SYS_exit, 5);
    return NULL;
}

static void *kills(void *unused)
{
    (void) unused;
    kill(getpid(), SIGTERM);
    return NULL;
}

static void start(void *(*code)(void *), void *argument)
{
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 << 10);
    int error = pthread_create(&thread, &attributes, code, argument);
    if (error != 0) {
        fprintf(stderr, "no thread: %s\n", strerror(error));
        exit(1);
    }
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "";
    int waiters = argc > 2 ? atoi(argv[2]) : 2;
    pthread_barrier_init(&all_there, NULL, waiters + 1);
    syscall(SYS_set_tid_address, &first);
    for (int i = 0; i < waiters; i++) {
        start(waits_for_ever, i == 0 ? "a\033[1mloud one" : "silent");
    }
    pthread_barrier_wait(&all_there);
    if (!strcmp(how, "deadlock")) {
        waits_for_ever("main");
    } else if (!strcmp(how, "join")) {
        pthread_barrier_wait(&all_there);
    } else if (!strcmp(how, "spin")) {
        start(spins, NULL);
        spins(NULL);
    } else if (!strcmp(how, "fault")) {
        start(faults, NULL);
    } else if (!strcmp(how, "exit")) {
        start(exits, (void *) 7);
    } else if (!strcmp(how, "kill")) {
        start(kills, NULL);
    } else if (!strcmp(how, "first")) {
        start(after_the_first, NULL);
        syscall(SYS_exit, 3);
    } else if (!strcmp(how, "last")) {
        start(ends_alone, (void *) 9);
        sched_yield();
        return 4;
    } else if (!strcmp(how, "sleep")) {
        start(ends_alone, (void *) 9);
        sleep(100000);
    } else if (!strcmp(how, "pthread_exit")) {
        start(after_the_first, NULL);
        pthread_exit(NULL);
    } else {
        return 2;
    }
    for (;;) {
        pause();
    }
}
