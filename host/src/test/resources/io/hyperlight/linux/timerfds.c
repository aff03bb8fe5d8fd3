/* Timers with descriptors: every argument, what a read returns, and how they are waited for. */
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

#define BAD ((void *)8)
#define FAR 100000

static void creation(void)
{
    static const int clocks[] = {0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12, -1, INT_MIN};
    static const int flags[] = {0, TFD_NONBLOCK, TFD_CLOEXEC, TFD_NONBLOCK | TFD_CLOEXEC, 1, O_APPEND, -1};
    for (size_t c = 0; c < COUNT(clocks); c++) {
        for (size_t f = 0; f < COUNT(flags); f++) {
            errno = 0;
            int file = timerfd_create(clocks[c], flags[f]);
            printf("clock %d flags %x: %s", clocks[c], flags[f], file >= 0 ? "made" : outcome(file));
            if (file >= 0) {
                printf(", flags %x %x", fcntl(file, F_GETFL), fcntl(file, F_GETFD));
                close(file);
            }
            printf("\n");
        }
    }
}

static void settings(void)
{
    static const long parts[] = {0, 1, FAR, -1, 999999999, 1000000000, LONG_MAX};
    static const int flags[] = {0, 1, 2, 3, 4, -1};
    struct itimerspec old, wanted;
    int file = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK), ends[2];
    uint64_t count;
    for (size_t a = 0; a < COUNT(parts); a++) {
        for (size_t b = 0; b < COUNT(parts); b++) {
            wanted = (struct itimerspec){.it_interval = {parts[a], parts[b]}, .it_value = {FAR, 5}};
            printf("every %zu %zu: %s", a, b, outcome((errno = 0, timerfd_settime(file, 0, &wanted, &old))));
            wanted = (struct itimerspec){.it_value = {parts[a], parts[b]}};
            if (parts[a] != 0 || parts[b] == 0) {
                printf(" in: %s", outcome((errno = 0, timerfd_settime(file, 0, &wanted, &old))));
                timerfd_gettime(file, &old);
                printf(" left %d", parts[a] > 1 && old.it_value.tv_sec > 0);
            }
            printf("\n");
            timerfd_settime(file, 0, &(struct itimerspec){0}, NULL);
        }
    }
    wanted = (struct itimerspec){.it_value = {FAR, 0}};
    for (size_t f = 0; f < COUNT(flags); f++) {
        printf("flags %d: %s\n", flags[f], outcome((errno = 0, timerfd_settime(file, flags[f], &wanted, NULL))));
    }
    pipe(ends);
    SHOW(timerfd_settime(-1, 0, &wanted, NULL));
    SHOW(timerfd_settime(-1, 0, BAD, NULL));
    SHOW(timerfd_settime(-1, 9, &wanted, NULL));
    SHOW(timerfd_settime(ends[0], 0, &wanted, NULL));
    SHOW(timerfd_settime(file, 0, BAD, NULL));
    SHOW(timerfd_settime(file, 0, &wanted, BAD));
    SHOW(timerfd_gettime(-1, &old));
    SHOW(timerfd_gettime(ends[0], &old));
    SHOW(timerfd_gettime(file, BAD));
    SHOW(read(file, &count, 8));
    SHOW(read(file, &count, 7));
    SHOW(syscall(SYS_read, file, BAD, 8));
    SHOW(write(file, "12345678", 8));
    SHOW(lseek(file, 0, SEEK_SET));
    SHOW(pread(file, &count, 8, 0));
    SHOW(ftruncate(file, 0));
    close(file);
}

static void due(int clock)
{
    int file = timerfd_create(clock, 0);
    struct pollfd one = {.fd = file, .events = POLLIN | POLLOUT};
    struct itimerspec left, wanted = {.it_value = {0, 1}};
    uint64_t count = 0;
    printf("clock %d: stopped %d %x", clock, poll(&one, 1, 0), one.revents);
    timerfd_settime(file, TFD_TIMER_ABSTIME, &wanted, NULL);
    printf(", due %d %x", poll(&one, 1, -1), one.revents);
    timerfd_gettime(file, &left);
    printf(", left %ld", (long)left.it_value.tv_nsec);
    ssize_t size = read(file, &count, 8);
    printf(", read %zd: %lu", size, count);
    printf(", then %d\n", poll(&one, 1, 0));
    wanted = (struct itimerspec){.it_value = {0, 20000000}, .it_interval = {0, 20000000}};
    timerfd_settime(file, 0, &wanted, NULL);
    for (int i = 0; i < 3; i++) {
        size = read(file, &count, sizeof count);
        printf("waited: %zd, counted %d\n", size, count >= 1);
    }
    wanted = (struct itimerspec){.it_value = {0, 100000}, .it_interval = {0, 100000}};
    timerfd_settime(file, 0, &wanted, NULL);
    nanosleep(&(struct timespec){0, 20000000}, NULL);
    size = read(file, &count, 8);
    printf("many: %zd %d\n", size, count >= 190);
    wanted = (struct itimerspec){.it_value = {0, 1}, .it_interval = {FAR, 0}};
    timerfd_settime(file, TFD_TIMER_ABSTIME, &wanted, NULL);
    printf("far: %zd", read(file, &count, 8));
    timerfd_gettime(file, &left);
    printf(", left %d of %ld\n", left.it_value.tv_sec > 0 && left.it_value.tv_sec <= FAR, (long)left.it_interval.tv_sec);
    close(file);
}

static void *reader(void *file)
{
    uint64_t count = 0;
    ssize_t size = read(*(int *)file, &count, 8);
    printf("the other thread read %zd %lu\n", size, count);
    return NULL;
}

static void waiting(void)
{
    int file = timerfd_create(CLOCK_MONOTONIC, 0), poll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u32 = 5}, found;
    struct itimerspec soon = {.it_value = {0, 10000000}};
    epoll_ctl(poll, EPOLL_CTL_ADD, file, &event);
    SHOW(epoll_wait(poll, &found, 1, 0));
    timerfd_settime(file, 0, &soon, NULL);
    SHOW(epoll_wait(poll, &found, 1, -1));
    printf("found %u %x\n", found.data.u32, found.events);
    SHOW(epoll_wait(poll, &found, 1, 0));
    uint64_t count;
    SHOW(read(file, &count, 8));
    timerfd_settime(file, 0, &soon, NULL);
    SHOW(epoll_wait(poll, &found, 1, -1));
    SHOW(read(file, &count, 8));
    pthread_t thread;
    pthread_create(&thread, NULL, reader, &file);
    timerfd_settime(file, 0, &soon, NULL);
    pthread_join(thread, NULL);
    int copy = dup(file);
    timerfd_settime(file, 0, &soon, NULL);
    close(file);
    SHOW(read(copy, &count, 8));
    char text[300] = "", path[40];
    snprintf(path, sizeof path, "/proc/self/fd/%d", copy);
    readlink(path, text, sizeof text);
    printf("%s\n", text);
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", copy);
    int info = open(path, O_RDONLY);
    memset(text, 0, sizeof text);
    read(info, text, sizeof text - 1);
    printf("%s", strstr(text, "clockid"));
}

static void run(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    creation();
    settings();
    due(CLOCK_REALTIME);
    due(CLOCK_MONOTONIC);
    due(CLOCK_BOOTTIME);
    waiting();
}
