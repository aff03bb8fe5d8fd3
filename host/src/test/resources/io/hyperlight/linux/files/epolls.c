/* epoll: every operation and error, levels and edges, order, nesting. */
#include <sys/epoll.h>
#include <sys/eventfd.h>

static void wait_for(int epoll, int most)
{
    struct epoll_event events[20];
    memset(events, 0, sizeof events);
    errno = 0;
    int count = epoll_wait(epoll, events, most, 0);
    tell("wait %d: %d", most, count < 0 ? -errno : count);
    for (int i = 0; i < count; i++) {
        tell(" (%x %llx)", events[i].events, (unsigned long long)events[i].data.u64);
    }
    tell("\n");
}

static int set(int epoll, int operation, int file, unsigned events, uint64_t data)
{
    struct epoll_event event = {.events = events, .data.u64 = data};
    return epoll_ctl(epoll, operation, file, &event);
}

static void errors(void)
{
    int epoll = epoll_create1(0), other = epoll_create1(EPOLL_CLOEXEC), event = eventfd(0, EFD_NONBLOCK);
    int file = open("f", O_RDWR | O_CREAT, 0644), directory = open(".", O_RDONLY), path = open(".", O_PATH);
    int null = open("/dev/null", O_RDWR), ends[2];
    pipe(ends);
    R(epoll_create(0));
    R(epoll_create(-1));
    R(epoll_create1(1));
    R(epoll_create1(-1));
    R(fcntl(epoll, F_GETFL));
    R(fcntl(epoll, F_GETFD));
    R(fcntl(other, F_GETFD));
    const int targets[] = {epoll, other, event, file, directory, path, null, ends[0], ends[1], 77, -1};
    for (size_t t = 0; t < sizeof targets / sizeof *targets; t++) {
        for (int operation = 0; operation < 5; operation++) {
            tell("%zu %d ", t, operation);
            R(set(epoll, operation, targets[t], EPOLLIN, t));
            tell("not of an epoll ");
            R(set(event, operation, targets[t], EPOLLIN, t));
        }
        R(epoll_ctl(epoll, EPOLL_CTL_ADD, targets[t], (void *)8));
        R(epoll_ctl(epoll, EPOLL_CTL_DEL, targets[t], (void *)8));
        R(set(epoll, EPOLL_CTL_ADD, targets[t], EPOLLIN, t));
        R(set(epoll, EPOLL_CTL_ADD, targets[t], EPOLLIN, t));
        R(set(epoll, EPOLL_CTL_DEL, targets[t], 0, t));
        R(set(epoll, EPOLL_CTL_DEL, targets[t], 0, t));
        R(set(targets[t], EPOLL_CTL_ADD, event, EPOLLIN, t));
        R(set(targets[t], EPOLL_CTL_DEL, event, EPOLLIN, t));
    }
    static const unsigned exclusive[] = {0, EPOLLIN, EPOLLOUT, EPOLLET, EPOLLONESHOT, EPOLLWAKEUP, EPOLLRDHUP, EPOLLPRI, EPOLLHUP,
        EPOLLERR, EPOLLRDNORM};
    for (size_t i = 0; i < sizeof exclusive / sizeof *exclusive; i++) {
        R(set(epoll, EPOLL_CTL_ADD, event, EPOLLEXCLUSIVE | exclusive[i], 0));
        R(set(epoll, EPOLL_CTL_MOD, event, exclusive[i], 0));
        R(set(epoll, EPOLL_CTL_MOD, event, EPOLLEXCLUSIVE | exclusive[i], 0));
        R(set(epoll, EPOLL_CTL_DEL, event, 0, 0));
    }
    R(set(epoll, EPOLL_CTL_ADD, other, EPOLLEXCLUSIVE | EPOLLIN, 0));
    static struct epoll_event events[2];
    static const int most[] = {0, -1, INT_MIN, INT_MAX, INT_MAX / 12, INT_MAX / 12 + 1, 1};
    for (size_t i = 0; i < sizeof most / sizeof *most; i++) {
        R(syscall(SYS_epoll_wait, epoll, events, most[i], 0));
        R(syscall(SYS_epoll_wait, 77, events, most[i], 0));
        R(syscall(SYS_epoll_wait, event, NULL, most[i], 0));
        R(syscall(SYS_epoll_wait, epoll, (void *)0x7ffffffff000, most[i], 0));
    }
    R(syscall(SYS_epoll_wait, path, events, 1, 0));
    R(syscall(SYS_epoll_pwait, epoll, events, 1, 0, events, 7));
    R(syscall(SYS_epoll_pwait, epoll, events, 1, 0, NULL, 7));
    R(syscall(SYS_epoll_pwait, epoll, events, 1, 0, (void *)8, 8));
    R(syscall(SYS_epoll_pwait, 77, events, 0, 0, (void *)8, 8));
    struct timespec times[] = {{0, 0}, {0, 1000}, {-1, 0}, {0, -1}, {0, 1000000000}};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        R(syscall(441, epoll, events, 1, times + i, NULL, 8));
        R(syscall(441, 77, events, 1, times + i, NULL, 8));
    }
    R(syscall(441, epoll, events, 1, (void *)8, NULL, 8));
    char bytes[8];
    R(read(epoll, bytes, 8));
    R(write(epoll, bytes, 8));
    R(lseek(epoll, 0, SEEK_SET));
    R(syscall(SYS_epoll_wait, epoll, events, 1, 1));
    /* An array that cannot be written: the event stays. */
    uint64_t one = 1;
    write(event, &one, 8);
    set(epoll, EPOLL_CTL_ADD, event, EPOLLIN | EPOLLET, 5);
    R(syscall(SYS_epoll_wait, epoll, (void *)8, 1, 0));
    wait_for(epoll, 3);
    wait_for(epoll, 3);
    R(syscall(SYS_close_range, 3, 100, 0));
}

static void levels_and_edges(void)
{
    static const unsigned manners[] = {0, EPOLLET, EPOLLONESHOT, EPOLLET | EPOLLONESHOT};
    for (size_t m = 0; m < sizeof manners / sizeof *manners; m++) {
        int epoll = epoll_create1(0), event = eventfd(0, EFD_NONBLOCK), ends[2];
        uint64_t one = 1;
        char bytes[100];
        pipe2(ends, O_NONBLOCK);
        tell("manner %zu\n", m);
        R(set(epoll, EPOLL_CTL_ADD, event, EPOLLIN | manners[m], 1));
        R(set(epoll, EPOLL_CTL_ADD, ends[0], EPOLLIN | EPOLLRDNORM | manners[m], 2));
        R(set(epoll, EPOLL_CTL_ADD, ends[1], EPOLLOUT | manners[m], 3));
        wait_for(epoll, 10);
        wait_for(epoll, 10);
        write(event, &one, 8);
        wait_for(epoll, 10);
        wait_for(epoll, 10);
        write(event, &one, 8);
        wait_for(epoll, 10);
        read(event, &one, 8);
        wait_for(epoll, 10);
        R(set(epoll, EPOLL_CTL_MOD, event, EPOLLIN | EPOLLOUT | manners[m], 4));
        wait_for(epoll, 10);
        wait_for(epoll, 10);
        one = 1;
        write(event, &one, 8);
        read(event, &one, 8);
        wait_for(epoll, 10);
        write(ends[1], "abc", 3);
        wait_for(epoll, 10);
        read(ends[0], bytes, 1);
        wait_for(epoll, 10);
        write(ends[1], "abc", 3);
        wait_for(epoll, 10);
        R(set(epoll, EPOLL_CTL_MOD, ends[0], EPOLLIN | manners[m], 5));
        wait_for(epoll, 10);
        R(set(epoll, EPOLL_CTL_MOD, ends[0], EPOLLIN | manners[m], 6));
        wait_for(epoll, 1);
        wait_for(epoll, 1);
        wait_for(epoll, 1);
        wait_for(epoll, 1);
        static char much[65536];
        R(write(ends[1], much, sizeof much));
        wait_for(epoll, 10);
        R(read(ends[0], much, 100));
        wait_for(epoll, 10);
        R(read(ends[0], much, 5000));
        wait_for(epoll, 10);
        R(read(ends[0], much, 5000));
        wait_for(epoll, 10);
        close(ends[1]);
        wait_for(epoll, 10);
        wait_for(epoll, 10);
        R(set(epoll, EPOLL_CTL_MOD, ends[0], 0, 7));
        wait_for(epoll, 10);
        R(set(epoll, EPOLL_CTL_MOD, ends[0], manners[m], 8));
        wait_for(epoll, 10);
        wait_for(epoll, 10);
        int copy = dup(ends[0]);
        close(ends[0]);
        wait_for(epoll, 10);
        R(set(epoll, EPOLL_CTL_DEL, ends[0], 0, 0));
        R(set(epoll, EPOLL_CTL_ADD, copy, EPOLLIN | manners[m], 9));
        wait_for(epoll, 10);
        close(copy);
        wait_for(epoll, 10);
        R(syscall(SYS_close_range, 3, 100, 0));
    }
}

static void order(void)
{
    int epoll = epoll_create1(0), events[6];
    uint64_t one = 1;
    for (int i = 0; i < 6; i++) {
        events[i] = eventfd(0, EFD_NONBLOCK);
        set(epoll, EPOLL_CTL_ADD, events[i], EPOLLIN | (i % 3 == 2 ? EPOLLET : 0), i);
    }
    static const int written[] = {3, 1, 5, 0, 4, 2, 3};
    for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
        write(events[written[i]], &one, 8);
    }
    for (int most = 1; most < 8; most++) {
        wait_for(epoll, most);
        wait_for(epoll, 2);
    }
    read(events[1], &one, 8);
    close(events[4]);
    for (int i = 0; i < 4; i++) {
        wait_for(epoll, 2);
    }
    write(events[1], &one, 8);
    write(events[2], &one, 8);
    wait_for(epoll, 1);
    wait_for(epoll, 1);
    wait_for(epoll, 10);
    R(syscall(SYS_close_range, 3, 100, 0));
}

static void nested(void)
{
    int chain[8], event = eventfd(0, EFD_NONBLOCK);
    uint64_t one = 1;
    for (int i = 0; i < 8; i++) {
        chain[i] = epoll_create1(0);
    }
    R(set(chain[0], EPOLL_CTL_ADD, event, EPOLLIN, 100));
    for (int i = 1; i < 8; i++) {
        R(set(chain[i], EPOLL_CTL_ADD, chain[i - 1], EPOLLIN, i));
    }
    for (int i = 0; i < 8; i++) {
        for (int j = 0; j < 8; j++) {
            tell("%d %d ", i, j);
            R(set(chain[i], EPOLL_CTL_ADD, chain[j], EPOLLIN, 10 * i + j));
        }
    }
    write(event, &one, 8);
    for (int i = 0; i < 8; i++) {
        struct pollfd of = {chain[i], POLLIN | POLLOUT | POLLRDNORM, 0};
        R(poll(&of, 1, 0));
        tell("%x ", of.revents);
        wait_for(chain[i], 5);
    }
    read(event, &one, 8);
    for (int i = 7; i >= 0; i--) {
        struct pollfd of = {chain[i], POLLIN | POLLOUT | POLLRDNORM, 0};
        R(poll(&of, 1, 0));
        wait_for(chain[i], 5);
    }
    R(syscall(SYS_close_range, 3, 100, 0));
    /* An edge in the outer one comes with each event of the inner one. */
    int outer = epoll_create1(0), inner = epoll_create1(0);
    event = eventfd(0, EFD_NONBLOCK);
    set(inner, EPOLL_CTL_ADD, event, EPOLLIN, 1);
    set(outer, EPOLL_CTL_ADD, inner, EPOLLIN | EPOLLET, 2);
    for (int i = 0; i < 3; i++) {
        wait_for(outer, 5);
        wait_for(outer, 5);
        one = 1;
        write(event, &one, 8);
    }
    wait_for(outer, 5);
    wait_for(inner, 5);
    wait_for(outer, 5);
    close(inner);
    wait_for(outer, 5);
    R(syscall(SYS_close_range, 3, 100, 0));
}

static void many_paths(void)
{
    int event = eventfd(1, EFD_NONBLOCK), middle[60], sum = 0, refused = 0;
    for (int i = 0; i < 60; i++) {
        middle[i] = epoll_create1(0);
        sum += set(middle[i], EPOLL_CTL_ADD, event, EPOLLIN, i) == 0;
    }
    for (int i = 0; i < 60; i++) {
        int top = epoll_create1(0);
        for (int j = 0; j < 60; j++) {
            if (set(top, EPOLL_CTL_ADD, middle[j], EPOLLIN, j) == 0) {
                sum++;
            } else {
                refused++;
                tell("%d %d %d\n", i, j, errno);
                break;
            }
        }
    }
    tell("%d added, %d refused\n", sum, refused);
    R(syscall(SYS_close_range, 3, 1000, 0));
}

static void information(void)
{
    int epoll = epoll_create1(0), event = eventfd(0, 0);
    set(epoll, EPOLL_CTL_ADD, event, EPOLLIN | EPOLLET, 0xabcdef);
    set(epoll, EPOLL_CTL_ADD, event, EPOLLOUT, 2);
    char contents[512] = "", target[64] = "";
    int info = open("/proc/self/fdinfo/3", O_RDONLY);
    read(info, contents, sizeof contents - 1);
    char *line = strstr(contents, "tfd");
    tell("%.60s\n", line ? line : "none");
    readlink("/proc/self/fd/3", target, sizeof target - 1);
    tell("is %s\n", target);
    R(open("/proc/self/fd/3", O_RDWR));
    R(syscall(SYS_close_range, 3, 100, 0));
}

static void run(void)
{
    errors();
    levels_and_edges();
    order();
    nested();
    many_paths();
    information();
}
