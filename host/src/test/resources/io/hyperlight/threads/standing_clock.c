/* For StandingClockTest. Threads that wait for a time, while the clock stands still and others do something. */
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static volatile int is_over;

static void *sleeps(void *unused)
{
    struct timespec time = {1, 0};
    nanosleep(&time, NULL);
    is_over = 1;
    return unused;
}

static void *yields(void *unused)
{
    while (!is_over) {
        sched_yield();
    }
    return unused;
}

static void *naps(void *unused)
{
    struct timespec time = {0, 1000000};
    while (!is_over) {
        nanosleep(&time, NULL);
    }
    return unused;
}

static void *reads_ticks(void *unused)
{
    int fd = timerfd_create(CLOCK_MONOTONIC, 0);
    struct itimerspec often = {{0, 1000000}, {0, 1000000}};
    uint64_t ticks;
    timerfd_settime(fd, 0, &often, NULL);
    while (!is_over) {
        if (read(fd, &ticks, sizeof ticks) != sizeof ticks || ticks == 0) {
            abort();
        }
    }
    return unused;
}

int main(int count, char **arguments)
{
    void *(*other)(void *) = strcmp(arguments[count - 1], "yield") == 0 ? yields
                             : strcmp(arguments[count - 1], "nap") == 0 ? naps
                                                                        : reads_ticks;
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) {
        pthread_create(&threads[i], NULL, i == 0 ? sleeps : other, NULL);
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
    }
    return puts("over") < 0;
}
