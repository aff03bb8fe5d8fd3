/* Calls whose structures other comparisons do not read: information of signals, and masks of waits. */
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/uio.h>

#ifndef PIDFD_SIGNAL_THREAD
#define PIDFD_SIGNAL_THREAD 1
#endif

static void print_signal(int signal, siginfo_t *info, void *context)
{
    (void)context;
    printf("signal %d code %d value %d\n", signal, info->si_code, info->si_value.sival_int);
}

static void signals(void)
{
    struct sigaction action = {.sa_sigaction = print_signal, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &action, NULL);
    siginfo_t info = {.si_signo = SIGUSR1, .si_code = -1};
    info.si_value.sival_int = 77;
    int process = pidfd_open(getpid(), 0);
    SHOW(pidfd_send_signal(process, SIGUSR1, &info, 0));
    SHOW(pidfd_send_signal(process, SIGUSR2, &info, 0));
    SHOW(pidfd_send_signal(process, SIGUSR1, (void *)8, 0));
    SHOW(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &info));
    SHOW(syscall(SYS_rt_tgsigqueueinfo, getpid(), getpid(), SIGUSR1, &info));
}

static void masks(void)
{
    sigset_t all;
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = 99}, found;
    struct timespec soon = {0, 1};
    int ends[2], poll = epoll_create1(0);
    if (pipe(ends) != 0) {
        return;
    }
    sigfillset(&all);
    SHOW(epoll_ctl(poll, EPOLL_CTL_ADD, ends[0], &event));
    SHOW(epoll_pwait(poll, &found, 1, 0, &all));
    SHOW(syscall(SYS_epoll_pwait2, poll, &found, 1, &soon, &all, 8L));
    SHOW(write(ends[1], "x", 1));
    SHOW(epoll_pwait(poll, &found, 1, -1, &all));
    SHOW(found.data.u64);
}

static void messages(void)
{
    int pair[2], sent[2];
    char text[20] = "";
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 || pipe(sent) != 0) {
        return;
    }
    union {
        struct cmsghdr header;
        char bytes[64];
    } control = {.header = {CMSG_LEN(sizeof sent), SOL_SOCKET, SCM_RIGHTS}};
    memcpy(CMSG_DATA(&control.header), sent, sizeof sent);
    struct iovec parts[] = {{"one ", 4}, {"two", 3}}, whole = {text, sizeof text};
    struct msghdr out = {.msg_iov = parts, .msg_iovlen = 2, .msg_control = &control, .msg_controllen = CMSG_SPACE(8)};
    struct msghdr in = {.msg_iov = &whole, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = 64};
    struct timeval time = {1, 2};
    socklen_t size = sizeof time;
    SHOW(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time));
    SHOW(getsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &time, &size));
    SHOW(sendmsg(pair[0], &out, 0));
    SHOW(recvmsg(pair[1], &in, 0));
    printf("%s, control %zu\n", text, in.msg_controllen);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 5};
    SHOW(fcntl(sent[0], F_OFD_GETLK, &lock));
    struct iovec moved = {"moved", 5};
    SHOW(vmsplice(sent[1], &moved, 1, 0));
}

static void run(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    signals();
    masks();
    messages();
}
