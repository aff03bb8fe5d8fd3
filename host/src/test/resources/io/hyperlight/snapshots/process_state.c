/* For ProcessStateTest. */

#define _GNU_SOURCE
#include <errno.h>
#include <hyperlight.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static char text[1000];

static void number(const char *what, long value)
{
    char piece[60];
    snprintf(piece, sizeof piece, " %s %ld", what, value);
    strcat(text, piece);
}

HL_EXPORT(void, configure, int)
void configure(int way)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = 20 + way;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_CORE + way, &limit);
    limit.rlim_cur = limit.rlim_max = 0;
    setrlimit(RLIMIT_CORE + way, &limit);
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = 100 + way;
    setrlimit(RLIMIT_FSIZE, &limit);
    setpriority(PRIO_PROCESS, 0, 3 + way);
    sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){0});
    syscall(SYS_ioprio_set, 1, 0, 2 << 13 | way);
    prctl(PR_SET_NAME, way ? "other" : "one");
    prctl(PR_SET_DUMPABLE, 0);
    prctl(PR_SET_TIMERSLACK, 1000 + way);
    syscall(SYS_set_robust_list, text + way, 24);
    syscall(SYS_membarrier, 16, 0, 0);
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    for (int i = 0; i < 3; i++) {
        sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 10 * way + i});
    }
    kill(getpid(), SIGUSR1);
    raise(SIGUSR2);
}

/* Changes nothing. */
HL_EXPORT(hl_string, configuration)
hl_string configuration(void)
{
    struct rlimit limit;
    text[0] = 0;
    getrlimit(RLIMIT_NOFILE, &limit);
    number("files", limit.rlim_cur);
    getrlimit(RLIMIT_FSIZE, &limit);
    number("size", limit.rlim_cur);
    int last = dup(1);
    int next;
    while ((next = dup(1)) >= 0) {
        last = next;
    }
    number("last", last);
    for (int i = 3; i <= last; i++) {
        close(i);
    }
    number("nice", getpriority(PRIO_PROCESS, 0));
    number("policy", sched_getscheduler(0));
    number("io", syscall(SYS_ioprio_get, 1, 0));
    char name[17] = "";
    prctl(PR_GET_NAME, name);
    strcat(text, " ");
    strcat(text, name);
    number("dumpable", prctl(PR_GET_DUMPABLE));
    number("slack", prctl(PR_GET_TIMERSLACK));
    char *head;
    size_t size;
    syscall(SYS_get_robust_list, 0, &head, &size);
    number("robust", head == text ? 1 : head == text + 1 ? 2 : 0);
    number("barrier", syscall(SYS_membarrier, 8, 0, 0));
    return hl_from_cstring(text);
}

HL_EXPORT(hl_string, pending)
hl_string pending(void)
{
    sigset_t all;
    siginfo_t info;
    int signal;
    text[0] = 0;
    sigfillset(&all);
    while ((signal = sigtimedwait(&all, &info, &(struct timespec){0})) > 0) {
        number("signal", signal);
        number("code", info.si_code);
        number("value", signal > 31 ? info.si_value.sival_int : 0);
    }
    return hl_from_cstring(text);
}

#define HOUR 3600

/* Starts a timer of each kind, with so many hours left. */
HL_EXPORT(void, start_timers, int)
void start_timers(int hours)
{
    timer_t timer;
    alarm(hours * HOUR);
    setitimer(ITIMER_PROF, &(struct itimerval){{7, 8}, {hours * HOUR, 0}}, NULL);
    timer_create(CLOCK_MONOTONIC, &(struct sigevent){.sigev_notify = SIGEV_NONE}, &timer);
    timer_settime(timer, 0, &(struct itimerspec){{0, 0}, {hours * HOUR, 0}}, NULL);
}

/* The hours that are left, rounded. */
HL_EXPORT(hl_string, timers)
hl_string timers(void)
{
    struct itimerval real, processor;
    getitimer(ITIMER_REAL, &real);
    getitimer(ITIMER_PROF, &processor);
    text[0] = 0;
    number("real", (real.it_value.tv_sec + HOUR / 2) / HOUR);
    number("processor", (processor.it_value.tv_sec + HOUR / 2) / HOUR);
    number("every", processor.it_interval.tv_sec);
    for (long id = 0; id < 3; id++) {
        struct itimerspec left;
        if (syscall(SYS_timer_gettime, id, &left) == 0) {
            number("timer", id);
            number("left", (left.it_value.tv_sec + HOUR / 2) / HOUR);
        }
    }
    return hl_from_cstring(text);
}

HL_EXPORT(long, processor_nanos)
long processor_nanos(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return time.tv_sec * 1000000000 + time.tv_nsec;
}

HL_EXPORT(long, compute, long)
long compute(long nanos)
{
    long begin = processor_nanos();
    while (processor_nanos() - begin < nanos) {
    }
    return processor_nanos();
}

HL_EXPORT(long, peak, int)
long peak(int megabytes)
{
    struct rusage usage;
    size_t size = ((size_t)megabytes << 20) + 4096;
    void *block = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(block, 1, size);
    getrusage(RUSAGE_SELF, &usage);
    munmap(block, size);
    return usage.ru_maxrss;
}

/* Computes so long without asking, by the time that passes. */
HL_EXPORT(long, compute_unseen, long)
long compute_unseen(long nanos)
{
    struct timespec begin, now;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    do {
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while ((now.tv_sec - begin.tv_sec) * 1000000000 + now.tv_nsec - begin.tv_nsec < nanos);
    return processor_nanos();
}
