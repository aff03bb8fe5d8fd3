/* For VdsoTest. */

#define _GNU_SOURCE
#include <hyperlight.h>
#include <pthread.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

HL_EXPORT(int64_t, read_clock, int)
int64_t read_clock(int clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * 1000000000l + time.tv_nsec;
}

HL_EXPORT(int64_t, ask_for_clock, int)
int64_t ask_for_clock(int clock)
{
    struct timespec time;
    syscall(SYS_clock_gettime, clock, &time);
    return time.tv_sec * 1000000000l + time.tv_nsec;
}

/* Reads a clock often, in both ways. Returns by how much it went back, or 0. */
HL_EXPORT(int64_t, steps_back, int, int)
int64_t steps_back(int clock, int rounds)
{
    int64_t last = 0, back = 0;
    for (int i = 0; i < rounds; i++) {
        int64_t now = i % 5 == 0 ? ask_for_clock(clock) : read_clock(clock);
        if (now < last && last - now > back) {
            back = last - now;
        }
        last = now;
    }
    return back;
}

HL_EXPORT(int, has_numbers)
int has_numbers(void)
{
    const char *numbers = (char *)getauxval(AT_SYSINFO_EHDR) - 4096;
    for (int i = 0; i < 4096; i++) {
        if (numbers[i] != 0) {
            return 1;
        }
    }
    return 0;
}

#define THREADS 3

static volatile int64_t latest[THREADS], back[THREADS];
static volatile long reads[THREADS];

static void *read_forever(void *number)
{
    long own = (long)number;
    for (;; reads[own]++) {
        int64_t now = read_clock(1);
        if (now < latest[own]) {
            back[own] = latest[own] - now;
        }
        latest[own] = now;
    }
    return NULL;
}

HL_EXPORT(int, start_readers)
int start_readers(void)
{
    for (long i = 0; i < THREADS; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, read_forever, (void *)i) != 0) {
            return -1;
        }
    }
    return 0;
}

/* Lets each thread read some times. Returns whether one of them has seen time go back, or a time
 * that has not come yet. */
HL_EXPORT(int64_t, problem_after, int64_t)
int64_t problem_after(int64_t more)
{
    long before[THREADS];
    for (int i = 0; i < THREADS; i++) {
        before[i] = reads[i];
    }
    for (int i = 0; i < THREADS; i++) {
        while (reads[i] - before[i] < more) {
            for (volatile int pause = 0; pause < 10000; pause++) {
            }
        }
    }
    for (int i = 0; i < THREADS; i++) {
        int64_t then = latest[i];
        if (back[i] != 0) {
            return back[i];
        }
        int64_t now = ask_for_clock(1);
        if (then > now) {
            return then - now;
        }
    }
    return 0;
}
