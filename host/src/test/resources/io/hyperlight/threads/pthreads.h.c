/* What the programs of PosixThreadsTest begin with. Each is compiled with several C libraries, and its output compared
   with what the same file prints natively. So it prints nothing that depends on when a thread runs. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))

/* Ends the program if a step fails that is no subject of the test. */
#define MUST(expression) must(#expression, __LINE__, (expression))

/* Prints an expression and the number of its error. */
#define SHOW(expression) show(#expression, (expression))

UNUSED static void must(const char *text, int line, int error)
{
    if (error != 0) {
        printf("line %d: %s: error %d, errno %d\n", line, text, error, errno);
        fflush(stdout);
        _exit(98);
    }
}

UNUSED static void show(const char *text, long value)
{
    printf("%s: %ld%s%s\n", text, value, value > 0 ? " " : "", value > 0 ? strerror((int)value) : "");
}

UNUSED static pthread_t start(void *(*function)(void *), void *argument)
{
    pthread_t thread;
    MUST(pthread_create(&thread, NULL, function, argument));
    return thread;
}

UNUSED static void *result_of(pthread_t thread)
{
    void *result;
    MUST(pthread_join(thread, &result));
    return result;
}

/* The time in so many milliseconds. */
UNUSED static struct timespec in(clockid_t clock, long milliseconds)
{
    struct timespec time;
    clock_gettime(clock, &time);
    time.tv_nsec += milliseconds * 1000000;
    time.tv_sec += time.tv_nsec / 1000000000;
    time.tv_nsec %= 1000000000;
    return time;
}

UNUSED static int is_over(clockid_t clock, struct timespec deadline)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec > deadline.tv_sec || (now.tv_sec == deadline.tv_sec && now.tv_nsec >= deadline.tv_nsec);
}
