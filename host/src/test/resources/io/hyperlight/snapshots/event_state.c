/* For EventStateTest. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <hyperlight.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

static char text[8000];
static size_t end;

static void tell(const char *what, long value)
{
    end += snprintf(text + end, sizeof text - end, "%s %ld\n", what, value < 0 ? -(long)errno : value);
}

static int counter, semaphore, poller, outer, pair[2], packets[2], pipe_ends[2], signals, process, timer;

static void watch(int poll, int file, unsigned events, uint64_t data)
{
    struct epoll_event event = {.events = events, .data.u64 = data};
    epoll_ctl(poll, EPOLL_CTL_ADD, file, &event);
}

static void send_file(int to, int file)
{
    char control[CMSG_SPACE(4)] = {0};
    struct iovec part = {"f", 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){.cmsg_len = CMSG_LEN(4), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(header), &file, 4);
    sendmsg(to, &message, 0);
}

HL_EXPORT(void, prepare)
void prepare(void)
{
    char bytes[100];
    counter = eventfd(7, EFD_NONBLOCK);
    semaphore = eventfd(3, EFD_NONBLOCK | EFD_SEMAPHORE);
    poller = epoll_create1(0);
    outer = epoll_create1(0);
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    timerfd_settime(timer, 0, &(struct itimerspec){.it_value = {7200, 0}, .it_interval = {5, 6}}, NULL);
    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair);
    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, packets);
    pipe2(pipe_ends, O_NONBLOCK | O_DIRECT);
    write(pipe_ends[1], "one", 3);
    write(pipe_ends[1], "two", 3);
    write(pair[0], "stream", 6);
    read(pair[1], bytes, 2);
    write(packets[0], "first", 5);
    write(packets[0], "second", 6);
    int inside[2];
    pipe(inside);
    write(inside[1], "sent", 4);
    send_file(packets[0], inside[0]);
    close(inside[0]);
    close(inside[1]);
    struct timeval time = {0, 5000};
    setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
    shutdown(pair[1], SHUT_WR);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signals = signalfd(-1, &set, SFD_NONBLOCK);
    raise(SIGUSR2);
    process = syscall(434, getpid(), 0);
    watch(outer, poller, EPOLLIN | EPOLLET, 100);
    watch(poller, counter, EPOLLIN | EPOLLET, 1);
    watch(poller, semaphore, EPOLLIN, 2);
    watch(poller, pair[1], EPOLLIN | EPOLLONESHOT, 3);
    watch(poller, signals, EPOLLIN | EPOLLET, 4);
    watch(poller, pipe_ends[0], EPOLLIN, 5);
    struct epoll_event events[3];
    epoll_wait(poller, events, 3, 0);
    /* Watched, although the descriptor is closed. */
    int copy = dup(semaphore);
    watch(poller, copy, EPOLLIN, 6);
    close(copy);
}

static void events_of(int poll, int most)
{
    struct epoll_event events[10];
    int count = epoll_wait(poll, events, most, 0);
    tell("events", count);
    for (int i = 0; i < count; i++) {
        tell("event", events[i].data.u64 * 1000 + events[i].events);
    }
}

HL_EXPORT(hl_string, observe)
hl_string observe(void)
{
    uint64_t value = 0;
    char bytes[200] = "";
    end = 0;
    events_of(outer, 5);
    events_of(outer, 5);
    events_of(poller, 2);
    events_of(poller, 10);
    tell("counter", read(counter, &value, 8));
    tell("value", value);
    events_of(poller, 10);
    value = 1;
    write(counter, &value, 8);
    events_of(poller, 10);
    tell("semaphore", read(semaphore, &value, 8));
    tell("value", value);
    tell("stream", read(pair[1], bytes, 100));
    tell("first letter", bytes[0]);
    tell("end", read(pair[0], bytes, 100));
    tell("shut", send(pair[1], "x", 1, MSG_NOSIGNAL));
    struct timeval time = {0};
    socklen_t size = sizeof time;
    getsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &time, &size);
    tell("timeout", time.tv_usec);
    tell("packet", read(packets[1], bytes, 100));
    tell("packet", read(packets[1], bytes, 100));
    char control[100] = "";
    struct iovec part = {bytes, 10};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    tell("message", recvmsg(packets[1], &message, 0));
    int received = *(int *)CMSG_DATA((struct cmsghdr *)control);
    tell("received", received);
    tell("its contents", read(received, bytes, 100));
    tell("its end", read(received, bytes, 100));
    tell("pipe", read(pipe_ends[0], bytes, 100));
    tell("pipe", read(pipe_ends[0], bytes, 100));
    struct signalfd_siginfo info = {0};
    tell("signal", read(signals, &info, sizeof info));
    tell("number", info.ssi_signo);
    tell("process", syscall(424, process, 0, NULL, 0));
    struct stat one, other;
    fstat(pair[0], &one);
    fstat(packets[0], &other);
    tell("inode", other.st_ino - one.st_ino);
    events_of(poller, 10);
    struct itimerspec left = {0};
    timerfd_gettime(timer, &left);
    tell("hours left", (left.it_value.tv_sec + 1800) / 3600);
    tell("interval", left.it_interval.tv_sec * 1000 + left.it_interval.tv_nsec);
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &(struct itimerspec){.it_value = {0, 1}}, NULL);
    tell("timer", read(timer, &value, 8));
    return hl_from_cstring(text);
}

HL_EXPORT(void, spoil)
void spoil(void)
{
    for (int i = 3; i < 60; i++) {
        close(i);
    }
    int ends[2];
    socketpair(AF_UNIX, SOCK_DGRAM, 0, ends);
    send_file(ends[0], ends[1]);
    epoll_create1(0);
    eventfd(1, 0);
}
