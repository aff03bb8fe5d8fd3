/* signalfd and pidfd: every operation and error. */
#include <sys/epoll.h>
#include <sys/signalfd.h>

static void take(int file, size_t size)
{
    struct signalfd_siginfo infos[5];
    memset(infos, 0x55, sizeof infos);
    errno = 0;
    long result = read(file, infos, size);
    tell("read %zu: %ld", size, result < 0 ? -(long)errno : result);
    for (long i = 0; i < result / 128; i++) {
        tell(" (%u %d %d %d %d %x %llx)", infos[i].ssi_signo, infos[i].ssi_errno, infos[i].ssi_code,
            infos[i].ssi_pid == (unsigned)getpid(), infos[i].ssi_uid == getuid(), infos[i].ssi_int,
            (unsigned long long)infos[i].ssi_ptr);
    }
    tell("\n");
}

static void about(int file)
{
    struct pollfd one = {file, POLLIN | POLLOUT | POLLRDNORM, -1};
    int result = poll(&one, 1, 0);
    tell("poll: %d %x\n", result, (unsigned short)one.revents);
}

static void of_process(void)
{
    int file = syscall(434, getpid(), 0);
    R(file);
    R(fcntl(file, F_GETFD));
    about(file);
    static const int flags[] = {0, O_NONBLOCK, O_CLOEXEC, 1, -1};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        R(syscall(434, 0, flags[i]));
        R(syscall(434, -1, flags[i]));
        R(syscall(434, 4000000, flags[i]));
    }
    R(syscall(424, file, 0, NULL, 0));
    R(syscall(424, file, SIGUSR1, NULL, 0));
    R(syscall(424, file, SIGUSR1, NULL, 8));
    R(syscall(424, file, 65, NULL, 0));
    R(syscall(424, 77, SIGUSR1, NULL, 0));
    R(syscall(424, 0, SIGUSR1, NULL, 0));
    int copy = syscall(438, file, 1, 0);
    R(copy);
    R(fcntl(copy, F_GETFD));
    R(syscall(438, file, 77, 0));
    R(syscall(438, file, 1, 1));
    R(syscall(438, 1, 1, 0));
    R(syscall(438, 77, 1, 0));
}

static void run(void)
{
    sigset_t all, some, one;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    sigemptyset(&some);
    sigaddset(&some, SIGUSR1);
    sigaddset(&some, SIGRTMIN);
    sigaddset(&some, SIGKILL);
    sigemptyset(&one);
    sigaddset(&one, SIGUSR2);
    int file = signalfd(-1, &some, SFD_NONBLOCK | SFD_CLOEXEC);
    R(file);
    R(fcntl(file, F_GETFL));
    R(fcntl(file, F_GETFD));
    char contents[300] = "", path[64], target[64] = "";
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", file);
    int info = open(path, O_RDONLY);
    read(info, contents, sizeof contents - 1);
    tell("%s", strstr(contents, "sigmask"));
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    readlink(path, target, sizeof target - 1);
    tell("%s\n", target);
    about(file);
    take(file, 128);
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u64 = 5};
    R(epoll_ctl(epoll, EPOLL_CTL_ADD, file, &event));
    R(kill(getpid(), SIGUSR1));
    R(raise(SIGUSR2));
    R(epoll_wait(epoll, &event, 1, 0));
    R(epoll_wait(epoll, &event, 1, 0));
    for (int i = 0; i < 3; i++) {
        union sigval value = {.sival_ptr = (void *)(0x123456789000ul + i)};
        R(sigqueue(getpid(), SIGRTMIN, value));
    }
    R(epoll_wait(epoll, &event, 1, 0));
    about(file);
    take(file, 127);
    take(file, 0);
    take(file, 300);
    take(file, 640);
    take(file, 128);
    about(file);
    R(write(file, contents, 8));
    R(lseek(file, 0, SEEK_SET));
    R(signalfd(file, &one, 0));
    about(file);
    take(file, 128);
    R(signalfd(file, &one, 1));
    R(signalfd(77, &one, 0));
    R(signalfd(epoll, &one, 0));
    R(syscall(SYS_signalfd4, -1, &one, 7, 0));
    R(syscall(SYS_signalfd4, -1, (void *)8, 8, 0));
    R(syscall(SYS_signalfd, -1, &one, 8));
    of_process();
    R(signalfd(file, &some, 0));
    take(file, 640);
    sigset_t left;
    sigpending(&left);
    R(sigismember(&left, SIGUSR1));
    R(sigismember(&left, SIGUSR2));
    R(syscall(SYS_close_range, 3, 100, 0));
}
