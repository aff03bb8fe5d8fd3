/* Random operations on pipes, counters, sockets and epoll files. SEED is defined before. */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

static uint64_t state = SEED * 2654435761u + 12345;

static unsigned any(unsigned limit)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % limit;
}

enum { FIRST = 10, LAST = 40 };
static char kinds[LAST];
static char much[100000];

static int place(int file, char kind)
{
    int at = FIRST + any(LAST - FIRST);
    dup2(file, at);
    close(file);
    kinds[at] = kind;
    return at;
}

static int file_of(const char *wanted)
{
    for (int tries = 0; tries < 40; tries++) {
        int at = FIRST + any(LAST - FIRST);
        if (kinds[at] && strchr(wanted, kinds[at])) {
            return at;
        }
    }
    return FIRST + any(LAST - FIRST);
}

static void create(void)
{
    int both[2];
    switch (any(4)) {
    case 0:
        pipe2(both, O_NONBLOCK | (any(4) ? 0 : O_DIRECT));
        tell("pipe %d", place(both[0], 'r'));
        tell(" %d\n", place(both[1], 'w'));
        break;
    case 1:
        tell("counter %d\n", place(eventfd(any(3), EFD_NONBLOCK | (any(2) ? EFD_SEMAPHORE : 0)), 'e'));
        break;
    case 2:
        tell("epoll %d\n", place(epoll_create1(0), 'p'));
        break;
    default:
        socketpair(AF_UNIX, (any(2) ? SOCK_STREAM : SOCK_SEQPACKET) | SOCK_NONBLOCK, 0, both);
        tell("sockets %d", place(both[0], 's'));
        tell(" %d\n", place(both[1], 's'));
    }
}

static void result(const char *what, int file, long value)
{
    tell("%s %d: %ld\n", what, file, value < 0 ? -(long)errno : value);
}

static void transfer(void)
{
    int file = file_of(any(2) ? "wes" : "res");
    int large = kinds[file] == 's' ? 3000 : 30000; /* never fills a socket: its buffer differs between kernels */
    size_t size = kinds[file] == 'e' ? 8 : any(3) ? any(200) : any(large);
    if (any(2)) {
        uint64_t one = 1 + any(3);
        if (kinds[file] == 's') {
            int there = 0;
            ioctl(file, 0x5411, &there);
            if (there > 50000) {
                return;
            }
        }
        result("write", file, write(file, kinds[file] == 'e' ? (void *)&one : much, size));
    } else {
        result("read", file, read(file, much, size));
    }
}

static void control(void)
{
    static const unsigned events[] = {EPOLLIN, EPOLLOUT, EPOLLIN | EPOLLOUT, EPOLLRDHUP, 0, EPOLLIN | EPOLLRDNORM};
    static const unsigned manners[] = {0, EPOLLET, EPOLLONESHOT, EPOLLET | EPOLLONESHOT};
    int epoll = file_of("p"), file = file_of("rwesp");
    static unsigned data;
    struct epoll_event event = {.events = events[any(6)] | manners[any(4)], .data.u64 = ++data};
    int operation = any(5) < 3 ? EPOLL_CTL_ADD : 1 + any(3);
    tell("ctl %d %d %x ", epoll, operation, event.events);
    result("of", file, epoll_ctl(epoll, operation, file, &event));
}

static void ask(void)
{
    int file = file_of("rwesp");
    struct pollfd one = {file, POLLIN | POLLOUT | POLLRDHUP, 0};
    result("poll", file, poll(&one, 1, 0));
    int bytes = -1;
    if (ioctl(file, FIONREAD, &bytes) < 0) {
        bytes = -1;
    }
    tell("%x %d\n", one.revents, bytes);
}

static void wait_for(void)
{
    struct epoll_event events[8];
    int epoll = file_of("p"), count = epoll_wait(epoll, events, 1 + any(7), 0);
    result("wait", epoll, count);
    for (int i = 0; i < count; i++) {
        tell(" (%x %llu)", events[i].events, (unsigned long long)events[i].data.u64);
    }
    tell("\n");
}

static void move(void)
{
    int from = file_of("r"), to = file_of("w");
    unsigned size = 1 + any(9000);
    if (any(2)) {
        result("splice", from, splice(from, NULL, to, NULL, size, SPLICE_F_NONBLOCK));
    } else {
        result("tee", from, tee(from, to, size, SPLICE_F_NONBLOCK));
    }
}

static void change(void)
{
    int file = file_of("rwesp"), other = FIRST + any(LAST - FIRST);
    switch (any(5)) {
    case 0:
        result("close", file, close(file));
        kinds[file] = 0;
        break;
    case 1:
        result("dup", file, dup2(file, other));
        kinds[other] = kinds[file];
        break;
    case 2:
        result("size", file, fcntl(file, F_SETPIPE_SZ, 4096 << any(5)));
        break;
    case 3:
        result("shutdown", file, kinds[file] == 's' ? shutdown(file, any(3)) : 0);
        break;
    default:
        ask();
    }
}

static void run(void)
{
    signal(SIGPIPE, SIG_IGN);
    for (int i = 0; i < 12; i++) {
        create();
    }
    for (int i = 0; i < 4000; i++) {
        unsigned next = any(100);
        next < 4 ? create() : next < 40 ? transfer() : next < 52 ? control() : next < 70 ? wait_for() : next < 80 ? ask()
            : next < 92 ? move() : change();
    }
    R(syscall(SYS_close_range, 3, 100, 0));
}
