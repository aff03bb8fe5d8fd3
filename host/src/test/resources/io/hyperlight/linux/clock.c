/* For GuestClockTest. */

#define _GNU_SOURCE
#include <errno.h>
#include <hyperlight.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

HL_EXPORT(int64_t, nanos_of, int)
int64_t nanos_of(int clock)
{
    struct timespec time;
    return clock_gettime(clock, &time) != 0 ? -errno : time.tv_sec * 1000000000l + time.tv_nsec;
}

HL_EXPORT(int64_t, resolution_of, int)
int64_t resolution_of(int clock)
{
    struct timespec time;
    return clock_getres(clock, &time) != 0 ? -errno : time.tv_sec * 1000000000l + time.tv_nsec;
}

HL_EXPORT(int64_t, seconds)
int64_t seconds(void)
{
    time_t same;
    time_t now = time(&same);
    return now == same ? now : -1;
}

HL_EXPORT(int64_t, micros)
int64_t micros(void)
{
    struct timeval now;
    return gettimeofday(&now, NULL) != 0 ? -errno : now.tv_sec * 1000000l + now.tv_usec;
}

HL_EXPORT(int64_t, sleep_for, int64_t, int64_t)
int64_t sleep_for(int64_t seconds, int64_t nanos)
{
    struct timespec time = {.tv_sec = seconds, .tv_nsec = nanos};
    return nanosleep(&time, NULL) != 0 ? -errno : 0;
}

HL_EXPORT(int, sleep_until, int, int64_t, int)
int sleep_until(int clock, int64_t seconds, int flags)
{
    struct timespec time = {.tv_sec = seconds};
    return clock_nanosleep(clock, flags, &time, NULL);
}

HL_EXPORT(int64_t, raw, int, int64_t, int64_t)
int64_t raw(int number, int64_t first, int64_t second)
{
    return syscall(number, first, second, 0, 0) == -1 ? -errno : 0;
}

HL_EXPORT(hl_string, date)
hl_string date(void)
{
    static char text[100];
    time_t now = time(NULL);
    struct tm parts;
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", gmtime_r(&now, &parts));
    return hl_from_cstring(text);
}

static timer_t timers[12];

HL_EXPORT(int, arm, int, int64_t)
int arm(int clock, int64_t seconds)
{
    struct sigevent nothing = {.sigev_notify = SIGEV_NONE};
    struct itimerspec time = {.it_value.tv_sec = seconds};
    return timer_create(clock, &nothing, &timers[clock]) != 0
                   || timer_settime(timers[clock], 0, &time, NULL) != 0
               ? -errno
               : 0;
}

HL_EXPORT(int64_t, left, int)
int64_t left(int clock)
{
    struct itimerspec time;
    return timer_gettime(timers[clock], &time) != 0
               ? -errno
               : time.it_value.tv_sec * 1000000000l + time.it_value.tv_nsec;
}
