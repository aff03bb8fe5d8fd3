static void wait_for(int file, int events)
{
    struct pollfd one = {file, events, -1};
    int result = poll(&one, 1, 0);
    tell("poll %d %x: %d %x\n", file, events, result < 0 ? -errno : result, (unsigned short)one.revents);
}

static void run(void)
{
    int ends[2];
    static const int all = POLLIN | POLLOUT | POLLPRI | POLLRDNORM | POLLWRNORM | POLLRDHUP;
    make("f", "0123456789");
    R(pipe(ends));
    R(open("f", O_RDONLY));
    R(open(".", O_RDONLY));
    R(open("/dev/null", O_RDONLY));
    R(open(".", O_PATH));
    for (int file = 3; file < 10; file++) {
        wait_for(file, all);
        wait_for(file, 0);
    }
    wait_for(-1, all);
    R(write(4, "x", 1));
    wait_for(3, all);
    wait_for(4, all);
    static char much[65536];
    fcntl(4, F_SETFL, O_NONBLOCK);
    while (write(4, much, 4096) > 0) {}
    wait_for(4, all);
    wait_for(3, POLLIN);
    dup2(3, 20);
    close(3);
    wait_for(4, all);
    wait_for(20, all);
    close(20);
    wait_for(4, all);
    close(4);
    R(pipe(ends));
    close(4);
    wait_for(3, all);
    close(3);
    R(pipe(ends));

    fd_set reads, writes, errors;
    FD_ZERO(&reads);
    FD_ZERO(&writes);
    FD_ZERO(&errors);
    for (int file = 3; file < 7; file++) {
        FD_SET(file, &reads);
        FD_SET(file, &writes);
        FD_SET(file, &errors);
    }
    struct timeval none = {0, 0};
    R(select(7, &reads, &writes, &errors, &none));
    for (int file = 0; file < 10; file++) {
        tell("%d: %d %d %d\n", file, FD_ISSET(file, &reads), FD_ISSET(file, &writes), FD_ISSET(file, &errors));
    }
    R(select(-1, NULL, NULL, NULL, &none));
    FD_ZERO(&reads);
    FD_SET(3, &reads);
    R(select(4, &reads, NULL, NULL, &none));
    R(FD_ISSET(3, &reads));
    FD_SET(60, &reads);
    R(select(61, &reads, NULL, NULL, &none));
    R(select(4, (void *)8, NULL, NULL, &none));
    R(select(0, NULL, NULL, NULL, &none));
    struct timeval wrong = {-1, 0};
    R(select(0, NULL, NULL, NULL, &wrong));
    struct timespec soon = {0, 1000};
    R(pselect(0, NULL, NULL, NULL, &soon, NULL));
    R(ppoll(NULL, 0, &soon, NULL));
    sigset_t set;
    sigemptyset(&set);
    R(ppoll(NULL, 0, &soon, &set));
    R(pselect(0, NULL, NULL, NULL, &soon, &set));
    R(syscall(SYS_ppoll, NULL, 0, &soon, &set, 7));
    soon.tv_nsec = -1;
    R(ppoll(NULL, 0, &soon, NULL));
    struct pollfd ready[3] = {{3, POLLIN}, {4, POLLOUT}, {77, POLLIN}};
    R(poll(ready, 3, -1));
    R(poll(ready, 3, 1000));
    tell("%x %x %x\n", ready[0].revents, ready[1].revents, ready[2].revents);
    R(poll((void *)8, 1, 0));
    R(syscall(SYS_close_range, 3, 100, 0));
}
