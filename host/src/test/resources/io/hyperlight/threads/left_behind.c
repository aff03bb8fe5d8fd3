/*
 * Threads that wait in several ways, requests that leave behind what threads can, and one that
 * tells all that a program can see of it. With SERVED, requests come by standard input.
 */
#define _GNU_SOURCE
#ifndef SERVED
#include <hyperlight.h>
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define WAYS 6
#define KINDS 20
#define ARCH_SET_GS 0x1001
#define ARCH_SET_FS 0x1002
#define ARCH_GET_FS 0x1003
#define ARCH_GET_GS 0x1004

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t asked = PTHREAD_COND_INITIALIZER;
static sem_t begun;
static int event, handled[2], plain[2];
static volatile int job, rounds, in_handler;
static volatile unsigned long counted;
static pthread_t threads[WAYS];
static char text[1 << 16];
static int length;
static long other_list[3];

static void leave_here(int kind);

static void say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    length += vsnprintf(text + length, sizeof text - length, format, arguments);
    va_end(arguments);
}

static void start(pthread_t *thread, void *(*code)(void *), long argument)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 << 10);
    if (pthread_create(thread, &attributes, code, (void *) argument) != 0) {
        abort();
    }
}

static void work(void)
{
    if (job != 0) {
        leave_here(job - 1);
    }
}

static void own_state(const char *name)
{
    stack_t stack = {.ss_sp = malloc(16384), .ss_size = 16384};
    sigset_t set;
    prctl(PR_SET_NAME, name);
    sigaltstack(&stack, NULL);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGRTMIN + 1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    syscall(SYS_arch_prctl, ARCH_SET_GS, (long) text + name[0]);
    setpriority(PRIO_PROCESS, syscall(SYS_gettid), name[0] % 7);
    sem_post(&begun);
}

static void *waits_for_futex(void *unused)
{
    own_state("futex");
    for (int seen = 0;; seen++) {
        pthread_mutex_lock(&mutex);
        while (rounds == seen) {
            pthread_cond_wait(&asked, &mutex);
        }
        pthread_mutex_unlock(&mutex);
        work();
    }
    return unused;
}

static void *waits_by_epoll(void *unused)
{
    int epoll = epoll_create1(0);
    struct epoll_event wanted = {.events = EPOLLIN}, happened;
    epoll_ctl(epoll, EPOLL_CTL_ADD, event, &wanted);
    own_state("epoll");
    for (;;) {
        uint64_t value;
        if (epoll_wait(epoll, &happened, 1, -1) == 1 && read(event, &value, sizeof value) > 0) {
            work();
        }
    }
    return unused;
}

static void *sleeps(void *unused)
{
    own_state("sleeper");
    for (;;) {
        struct timespec very_long = {100000000, 0};
        nanosleep(&very_long, NULL);
    }
    return unused;
}

static void handler(int signal)
{
    (void) signal;
    char byte;
    in_handler++;
    sem_post(&begun);
    while (read(handled[0], &byte, 1) != 1) { }
    work();
    in_handler--;
}

static void *is_in_handler(void *unused)
{
    own_state("handler");
    for (;;) {
        raise(SIGUSR1);
    }
    return unused;
}

static void *reads(void *unused)
{
    (void) unused;
    char byte;
    own_state("reader");
    while (read(plain[0], &byte, 1) == 1) {
        work();
    }
    return NULL;
}

static void *counts(void *unused)
{
    double a = 1, b = 2;
    own_state("counter");
    for (;;) {
        double c = a;
        a = b;
        b = c;
        counted++;
    }
    return unused;
}

static void begin_threads(int how_many)
{
    void *(*const ways[WAYS])(void *) = {waits_for_futex, waits_by_epoll, sleeps, is_in_handler, reads, counts};
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    sem_init(&begun, 0, 0);
    event = eventfd(0, 0);
    if (pipe(handled) != 0 || pipe(plain) != 0 || sigaction(SIGUSR1, &action, NULL) != 0) {
        abort();
    }
    for (int i = 0; i < how_many; i++) {
        start(&threads[i], ways[i], i);
    }
    for (int i = 0; i < how_many + 1; i++) {
        sem_wait(&begun); /* once more for the handler */
    }
    prctl(PR_SET_NAME, "first");
}

/* What a request can leave behind. */

static void *spins(void *unused)
{
    for (;;) {
        counted++;
    }
    return unused;
}

static void *ends(void *unused)
{
    leave_here(0);
    leave_here(8);
    return unused;
}

static void *waits_for_ever(void *unused)
{
    leave_here(3);
    pause();
    return unused;
}

/* Its base of FS leads elsewhere, so that it can make no call of a library any more. */
static void *has_no_base(void *unused)
{
    leave_here(12);
    syscall(SYS_arch_prctl, ARCH_SET_FS, (long) other_list);
    for (;;) {
        long result;
        __asm__ volatile("syscall" : "=a"(result) : "0"(SYS_sched_yield) : "rcx", "r11", "memory");
    }
    return unused;
}

static void sends_sockets(void)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) != 0) {
        return;
    }
    for (int i = 0; i < 3; i++) {
        char byte = 'x', control[CMSG_SPACE(2 * sizeof(int))];
        struct iovec part = {&byte, 1};
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(2 * sizeof(int));
        memcpy(CMSG_DATA(header), pair, sizeof pair);
        sendmsg(pair[0], &message, 0);
    }
    if (rounds % 2) {
        close(pair[0]);
        close(pair[1]);
    }
}

static void ignores(int signal)
{
    (void) signal;
}

static void leave_here(int kind)
{
    pthread_t thread;
    long tid = syscall(SYS_gettid);
    sigset_t set;
    switch (kind) {
    case 0:
        syscall(SYS_set_robust_list, other_list, 24);
        break;
    case 1:
        syscall(SYS_arch_prctl, ARCH_SET_GS, 0x123456000);
        break;
    case 2: {
        stack_t stack = {.ss_sp = malloc(32768), .ss_size = 32768};
        sigaltstack(&stack, NULL);
        break;
    }
    case 3:
        sigfillset(&set);
        pthread_sigmask(SIG_SETMASK, &set, NULL);
        break;
    case 4:
        prctl(PR_SET_NAME, "renamed");
        for (int i = 0; i < 3; i++) {
            pthread_setname_np(threads[i], "other");
        }
        break;
    case 5: {
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(rounds % 2, &one);
        sched_setaffinity(tid, sizeof one, &one);
        for (int i = 0; i < WAYS && threads[i] != 0; i++) {
            pthread_setaffinity_np(threads[i], sizeof one, &one);
        }
        break;
    }
    case 6: {
        struct sched_param none = {0};
        sched_setscheduler(tid, rounds % 2 ? SCHED_BATCH : SCHED_IDLE, &none);
        setpriority(PRIO_PROCESS, tid, 9);
        setpriority(PRIO_PROCESS, tid + 1, 11);
        break;
    }
    case 7: {
        timer_t timer;
        struct sigevent sent = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2};
        struct itimerspec soon = {.it_value.tv_nsec = 1000000, .it_interval.tv_sec = 1};
        struct itimerval later = {.it_value.tv_sec = 50, .it_interval.tv_sec = 7};
        for (int i = 0; i < 3; i++) {
            timer_create(CLOCK_MONOTONIC, &sent, &timer);
            timer_settime(timer, 0, &soon, NULL);
        }
        setitimer(ITIMER_REAL, &later, NULL);
        setitimer(ITIMER_VIRTUAL, &later, NULL);
        setitimer(ITIMER_PROF, &later, NULL);
        break;
    }
    case 8:
        sigemptyset(&set);
        sigaddset(&set, SIGUSR2);
        sigaddset(&set, SIGRTMIN + 1);
        sigaddset(&set, SIGHUP);
        pthread_sigmask(SIG_BLOCK, &set, NULL);
        for (int i = 0; i < 5; i++) {
            sigqueue(getpid(), SIGRTMIN + 1, (union sigval) {.sival_int = i});
            syscall(SYS_tgkill, getpid(), tid, SIGUSR2);
        }
        break;
    case 9:
        start(&thread, spins, 0);
        start(&thread, ends, 0);
        start(&thread, waits_for_ever, 0);
        break;
    case 10:
        for (int i = 0; i < RLIM_NLIMITS; i++) {
            struct rlimit limit;
            getrlimit(i, &limit);
            if (limit.rlim_cur > 50 && i != RLIMIT_CPU && i != RLIMIT_AS && i != RLIMIT_DATA) {
                limit.rlim_cur = limit.rlim_cur > 100000 ? 100000UL + i : limit.rlim_cur - 1;
                setrlimit(i, &limit);
            }
        }
        break;
    case 11: {
        struct sigaction action = {.sa_handler = ignores, .sa_flags = SA_RESTART | SA_NODEFER};
        for (int i = 1; i < 65; i++) {
            if (i != SIGSEGV && i != SIGBUS && i != SIGALRM) {
                sigaction(i, &action, NULL);
            }
        }
        break;
    }
    case 12: {
        unsigned rounding = 0x7f80;
        unsigned short control = 0xb7f;
        __asm__ volatile("ldmxcsr %0; fldcw %1; fldpi" : : "m"(rounding), "m"(control));
        __asm__ volatile("movq %0, %%xmm5; movq %0, %%xmm15" : : "r"(0x1234567812345678L) : "xmm5", "xmm15");
        break;
    }
    case 13:
        prctl(PR_SET_TIMERSLACK, 12345);
        prctl(PR_SET_DUMPABLE, 0);
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        prctl(PR_SET_PDEATHSIG, SIGHUP);
        prctl(PR_SET_KEEPCAPS, 1);
        break;
    case 14: {
        char *pages = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        pages[0] = pages[8192] = 1;
        mprotect(pages + 4096, 4096, PROT_NONE);
        munmap(pages + 40960, 40960);
        sbrk(12288);
        break;
    }
    case 15:
        dup2(1, 40);
        fcntl(40, F_SETFD, FD_CLOEXEC);
        umask(077);
        close(plain[1]);
        sends_sockets();
        break;
    case 16:
        pthread_mutex_lock(&mutex);
        break;
    case 17:
        syscall(SYS_set_tid_address, other_list);
        syscall(SYS_membarrier, 16, 0, 0);
        break;
    case 18:
        start(&thread, has_no_base, 0);
        sched_yield();
        break;
    default:
        if (tid != getpid()) {
            pthread_exit(NULL);
        }
        break;
    }
}

/* Does it in some thread, and leaves traces in those that are woken. */
static void leave(int kind, int where)
{
    char byte = 'x';
    uint64_t one = 1;
    if (where == 0) {
        leave_here(kind);
        rounds++;
        return;
    }
    job = kind + 1;
    if (where == 1) {
        pthread_mutex_lock(&mutex);
    }
    rounds++;
    if (where == 1) {
        pthread_cond_broadcast(&asked);
        pthread_mutex_unlock(&mutex);
    } else if (where == 2) {
        one = write(event, &one, sizeof one);
    } else if (where == 3) {
        one = write(handled[1], &byte, 1);
    } else {
        one = write(plain[1], &byte, 1);
    }
    for (int i = 0; i < 3; i++) {
        sched_yield();
    }
}

/* How a request ends that does not return. */
static void end(int how)
{
    pthread_t thread;
    switch (how) {
    case 0:
        for (;;) {
            counted++;
        }
    case 1:
        abort();
    case 2:
        start(&thread, spins, 0);
        start(&thread, spins, 0);
        *(volatile int *) 0 = 1;
        break;
    case 3:
        _exit(3);
    case 5:
        start(&thread, spins, 0);
        for (;;) {
            counted++;
        }
    default:
        for (;;) {
            start(&thread, spins, 0);
        }
    }
}

/* What a program can see. */

static int by_number(const void *a, const void *b)
{
    return *(const int *) a - *(const int *) b;
}

static void say_file(const char *path, const char *wanted)
{
    char line[256];
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (!strncmp(line, wanted, strlen(wanted))) {
            say(" %s", line);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
}

static void say_thread(int tid)
{
    char path[64];
    cpu_set_t processors;
    struct sched_param parameters = {0};
    long head = 0, size = 0;
    CPU_ZERO(&processors);
    long affinity = sched_getaffinity(tid, sizeof processors, &processors);
    sched_getparam(tid, &parameters);
    long list = syscall(SYS_get_robust_list, tid, &head, &size);
    say("%d: policy %d, %d, priority %d, processors %ld %lx, list %ld %lx %ld\n", tid, sched_getscheduler(tid),
        parameters.sched_priority, getpriority(PRIO_PROCESS, tid), affinity, *(long *) &processors, list, head, size);
    snprintf(path, sizeof path, "/proc/self/task/%d/comm", tid);
    say_file(path, "");
    snprintf(path, sizeof path, "/proc/self/task/%d/status", tid);
    say_file(path, "Sig");
    say_file(path, "Shd");
}

static void *says_own(void *unused)
{
    say("next thread %ld\n", syscall(SYS_gettid));
    return unused;
}

static char *look(void)
{
    int tids[64], count = 0;
    struct dirent *entry;
    length = 0;
    DIR *tasks = opendir("/proc/self/task");
    while (tasks != NULL && count < 64 && (entry = readdir(tasks)) != NULL) {
        if (entry->d_name[0] != '.') {
            tids[count++] = atoi(entry->d_name);
        }
    }
    if (tasks != NULL) {
        closedir(tasks);
    }
    qsort(tids, count, sizeof *tids, by_number);
    for (int i = 0; i < count; i++) {
        say_thread(tids[i]);
    }
    sigset_t mask, pending;
    stack_t stack;
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    sigpending(&pending);
    sigaltstack(NULL, &stack);
    say("mask %lx, pending %lx, stack %p %x %zx\n", *(long *) &mask, *(long *) &pending, stack.ss_sp, stack.ss_flags, stack.ss_size);
    for (int i = 1; i < 65; i++) {
        struct { long handler, flags, restorer, mask; } action = {0};
        syscall(SYS_rt_sigaction, i, NULL, &action, 8);
        say("%lx,%lx,%lx ", action.handler, action.flags, action.mask);
    }
    for (int i = 0; i < 3; i++) {
        struct itimerval timer;
        getitimer(i, &timer);
        say("timer %ld %ld ", (long) timer.it_interval.tv_sec, (long) (timer.it_value.tv_sec != 0));
    }
    for (int i = 0; i < RLIM_NLIMITS; i++) {
        struct rlimit limit;
        getrlimit(i, &limit);
        say("%lx/%lx ", (long) limit.rlim_cur, (long) limit.rlim_max);
    }
    int death = 0;
    prctl(PR_GET_PDEATHSIG, &death);
    say("\nprctl %d %d %d %d %d\n", prctl(PR_GET_TIMERSLACK), prctl(PR_GET_DUMPABLE), prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0),
        death, prctl(PR_GET_KEEPCAPS));
    long fs = 0, gs = 0;
    unsigned rounding = 0;
    unsigned short control = 0;
    syscall(SYS_arch_prctl, ARCH_GET_FS, &fs);
    syscall(SYS_arch_prctl, ARCH_GET_GS, &gs);
    __asm__ volatile("stmxcsr %0; fnstcw %1" : "=m"(rounding), "=m"(control));
    say("bases %lx %lx, rounding %x %x, break %p, handlers %d, rounds %d, lock %d\n", fs, gs, rounding & 0xffc0, control, sbrk(0), in_handler,
        rounds, pthread_mutex_trylock(&mutex));
    for (int i = 0; i < 64; i++) {
        int flags = fcntl(i, F_GETFD);
        if (flags >= 0) {
            say("%d:%d ", i, flags);
        }
    }
    mode_t before = umask(0);
    umask(before);
    int timer = 0;
    struct sigevent none = {.sigev_notify = SIGEV_NONE};
    long timers = syscall(SYS_timer_create, CLOCK_MONOTONIC, &none, &timer);
    unsigned long random = 0;
    syscall(SYS_getrandom, &random, sizeof random, 0);
    say("umask %o, timer %ld %d, random %lx\n", before, timers, timer, random);
    say_file("/proc/self/maps", "");
    pthread_t thread;
    start(&thread, says_own, 0);
    pthread_join(thread, NULL);
    return text;
}

#ifdef SERVED
int main(void)
{
    begin_threads(WAYS - 1);
    char line[256];
    for (;;) {
        ssize_t size = 0, more;
        while ((more = read(0, line + size, sizeof line - 1 - size)) > 0) {
            size += more;
        }
        line[size] = 0;
        int first, second;
        if (sscanf(line, "leave %d %d", &first, &second) == 2) {
            leave(first, second);
            printf("left\n");
        } else if (sscanf(line, "end %d", &first) == 1) {
            end(first);
        } else {
            printf("%s", look());
        }
        fflush(stdout);
    }
}
#else
HL_EXPORT(void, begin)
void begin(void)
{
    begin_threads(WAYS);
}

HL_EXPORT(void, leave_behind, int, int)
void leave_behind(int kind, int where)
{
    leave(kind, where);
}

HL_EXPORT(void, end_badly, int)
void end_badly(int how)
{
    end(how);
}

HL_EXPORT(hl_string, look_around)
hl_string look_around(void)
{
    return hl_from_cstring(look());
}
#endif
