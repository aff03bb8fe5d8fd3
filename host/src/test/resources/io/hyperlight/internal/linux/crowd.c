/* For CheckpointSweepTest: as many waiters, watchers, timers and signals as there may be, at one place. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 200, POLLS = 100, DESCRIPTORS = 250, TIMERS = 1000, VECTOR = 128, SIGNAL = 40 };

static pthread_t threads[THREADS];
static pthread_barrier_t begun;
static struct pollfd table[DESCRIPTORS];
static uint32_t words[VECTOR], other;

static void require(int condition, const char *what)
{
    if (!condition) {
        perror(what);
        _exit(1);
    }
}

static void start(void *(*run)(void *))
{
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 65536);
    pthread_barrier_init(&begun, NULL, THREADS + 1);
    for (int i = 0; i < THREADS; i++)
        require(pthread_create(&threads[i], &small, run, NULL) == 0, "thread");
    pthread_barrier_wait(&begun);
}

static void join(void)
{
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

/* How many times a file can be watched, by this and other descriptors. */
static int watch(int file, const int *polls)
{
    int count = 0;
    for (int number = POLLS + 10; number < DESCRIPTORS; number++) {
        require(dup2(file, number) == number, "dup2");
        for (int i = 0; i < POLLS; i++) {
            struct epoll_event event = {.events = EPOLLIN};
            if (epoll_ctl(polls[i], EPOLL_CTL_ADD, number, &event) != 0) {
                require(errno == ENOSPC, "epoll_ctl");
                return count;
            }
            count++;
        }
    }
    return count;
}

static void stop_watching(void)
{
    for (int number = POLLS + 10; number < DESCRIPTORS; number++)
        close(number);
}

static void read_all(const char *path)
{
    static char text[1 << 16];
    int file = open(path, O_RDONLY);
    require(file >= 0, path);
    while (read(file, text, sizeof text) > 0) {}
    close(file);
}

static void crowd_of_watchers(const int *polls)
{
    int event = eventfd(0, 0);
    require(watch(event, polls) >= 1000, "watchers");
    uint64_t one = 1;
    require(write(event, &one, sizeof one) == sizeof one, "event");
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", polls[0]);
    read_all(path);
    static struct epoll_event events[2000];
    require(epoll_wait(polls[0], events, 1, 0) == 1, "one");
    require(epoll_wait(polls[0], events, 2000, 0) > 1, "all");
    close(event);
    stop_watching();
}

/* All timers are due at once, and each of their signals makes all watchers look. */
static void crowd_of_timers(const int *polls)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    int signals = signalfd(-1, &all, 0);
    require(watch(signals, polls) >= 1000, "watchers");
    static int timers[TIMERS];
    for (int i = 0; i < TIMERS; i++) {
        struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGNAL};
        require(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timers[i]) == 0, "timer");
    }
    struct timespec when;
    clock_gettime(CLOCK_MONOTONIC, &when);
    when.tv_sec += 3;
    struct itimerspec setting = {.it_value = when};
    for (int i = 0; i < TIMERS; i++)
        require(syscall(SYS_timer_settime, timers[i], TIMER_ABSTIME, &setting, NULL) == 0, "set");
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL);
    getppid();
    read_all("/proc/self/status");
    signal(SIGNAL, SIG_IGN);
    for (int i = 0; i < TIMERS; i++)
        syscall(SYS_timer_delete, timers[i]);
    close(signals);
    stop_watching();
    sigprocmask(SIG_UNBLOCK, &all, NULL);
}

static void *polls_all(void *unused)
{
    struct pollfd *own = malloc(sizeof table);
    memcpy(own, table, sizeof table);
    pthread_barrier_wait(&begun);
    poll(own, DESCRIPTORS, -1);
    free(own);
    return unused;
}

/* Each thread waits for many descriptors. One of them wakes all threads. */
static void crowd_of_threads(void)
{
    int event = eventfd(0, 0);
    for (int number = event + 1; number < DESCRIPTORS; number++)
        require(number % 2 ? eventfd(0, 0) == number : dup2(event, number) == number, "number");
    for (int i = 0; i < DESCRIPTORS; i++)
        table[i] = (struct pollfd){.fd = i > 2 ? i : event, .events = POLLIN | POLLOUT | POLLPRI};
    uint64_t most = -2ul, one = 1;
    for (int i = event; i < DESCRIPTORS; i++)
        require(i != event && i % 2 == 0 || write(i, &most, sizeof most) == sizeof most, "full");
    for (int i = 0; i < DESCRIPTORS; i++)
        table[i].events = POLLOUT | POLLPRI;
    start(polls_all);
    read_all("/proc/thread-self/stat");
    for (int i = 0; i < 300; i++)
        sched_yield();
    require(read(event, &one, sizeof one) == sizeof one, "wake");
    join();
    for (int i = event; i < DESCRIPTORS; i++)
        close(i);
}

static void *waits_for_words(void *unused)
{
    struct {
        uint64_t value, address;
        uint32_t flags, reserved;
    } list[VECTOR];
    for (int i = 0; i < VECTOR; i++)
        list[i].value = 0, list[i].address = (uint64_t)&words[i % 4], list[i].flags = 2 | 128, list[i].reserved = 0;
    pthread_barrier_wait(&begun);
    syscall(449, list, VECTOR, 0, NULL, 0);
    return unused;
}

/* Each thread is many times in the same queue. */
static void crowd_at_a_word(void)
{
    start(waits_for_words);
    for (int i = 0; i < 300; i++)
        sched_yield();
    for (int i = 0; i < 4; i++)
        __atomic_store_n(&words[i], 1, __ATOMIC_SEQ_CST); /* for threads that do not wait yet */
    require(syscall(SYS_futex, &words[0], FUTEX_CMP_REQUEUE_PRIVATE, 10, 100000, &other, 1) > VECTOR / 4, "requeue");
    require(syscall(SYS_futex, &words[1], FUTEX_WAKE_PRIVATE, 1 << 30, NULL, NULL, 0) >= 0, "wake");
    syscall(SYS_futex, &other, FUTEX_WAKE_PRIVATE, 1 << 30, NULL, NULL, 0);
    join();
}

static void *waits(void *unused)
{
    pthread_barrier_wait(&begun);
    for (;;)
        pause();
    return unused;
}

int main(void)
{
    int polls[POLLS];
    for (int i = 0; i < POLLS; i++)
        polls[i] = epoll_create1(0);
    crowd_of_watchers(polls);
    crowd_of_timers(polls);
    for (int i = 0; i < POLLS; i++)
        close(polls[i]);
    crowd_of_threads();
    crowd_at_a_word();
    start(waits);
    for (int signal = 33; signal < 65; signal++)
        kill(getpid(), signal == 33 ? 0 : SIGCONT);
    read_all("/proc/self/maps");
    int tasks = open("/proc/self/task", O_RDONLY | O_DIRECTORY);
    static char names[1 << 16];
    while (syscall(SYS_getdents64, tasks, names, sizeof names) > 0) {}
    puts("crowded");
    return 0;
}
