/* Calls that wait, and whose arguments in memory another thread changes meanwhile: Linux has read them already. */
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define WAIT_NANOS 60000000

static struct timespec time_of_call;
static struct timeval micros;
static struct pollfd table[2];
static fd_set set;
static sigset_t signals;
static int word, ends[2], pair[2], thread_number;
static char text[16];
static struct iovec part;
static struct msghdr header;

/* struct futex_waitv */
static struct {
    uint64_t value, address;
    uint32_t flags, reserved;
} vector = {0, 0, 2, 0};

static struct timespec later(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    now.tv_nsec += WAIT_NANOS;
    now.tv_sec += now.tv_nsec / 1000000000;
    now.tv_nsec %= 1000000000;
    return now;
}

static long number(long result) { return result < 0 ? -errno : result; }

static long call(int kind)
{
    switch (kind) {
    case 0: return number(syscall(SYS_futex, &word, FUTEX_WAIT, 0, &time_of_call, NULL, 0));
    case 1: return number(syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, 0, &time_of_call, NULL, -1));
    case 2: return number(syscall(SYS_futex_waitv, &vector, 1, 0, &time_of_call, CLOCK_MONOTONIC));
    case 3: return number(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &time_of_call, NULL));
    case 4: return number(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &time_of_call, NULL));
    case 5: return number(syscall(SYS_ppoll, table, 1L, &time_of_call, NULL, 0L));
    case 6: return number(syscall(SYS_rt_sigtimedwait, &signals, NULL, &time_of_call, 8L));
    case 7: {
        struct epoll_event event;
        return number(syscall(SYS_epoll_pwait2, epoll_create1(0), &event, 1, &time_of_call, NULL, 0L));
    }
    case 8: return number(syscall(SYS_select, ends[0] + 1, &set, NULL, NULL, &micros));
    case 9: return number(poll(table, 1, -1));
    case 10: return number(recvmsg(pair[0], &header, MSG_WAITALL));
    case 11: return number(recv(pair[0], text, 1, 0));
    default: return number(select(ends[0] + 1, &set, NULL, NULL, NULL));
    }
}

static void *wait_in_call(void *kind)
{
    thread_number = gettid();
    long result = call((long)kind);
    /* Nothing is left of the wait: a value that differs is an error at once. */
    struct timespec soon = {0, 1000};
    int other = 1;
    long after = number(syscall(SYS_futex, &other, FUTEX_WAIT, 0, &soon, NULL, 0));
    printf("%ld: %ld, then %ld\n", (long)kind, result, after);
    return NULL;
}

static int is_asleep(void)
{
    char name[64], line[256] = "";
    snprintf(name, sizeof name, "/proc/self/task/%d/stat", thread_number);
    int file = open(name, O_RDONLY);
    read(file, line, sizeof line - 1);
    close(file);
    char *state = strrchr(line, ')');
    return state != NULL && state[2] == 'S';
}

static void change(void)
{
    time_of_call = (struct timespec){-5, 1L << 40};
    micros = (struct timeval){-5, -5};
    sigaddset(&signals, SIGUSR2);
}

static void run(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    vector.address = (uint64_t)&word;
    sigaddset(&signals, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    for (long kind = 0; kind <= 12; kind++) {
        pthread_t thread;
        if (pipe(ends) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) {
            return;
        }
        thread_number = 0;
        time_of_call = kind == 1 || kind == 2 || kind == 4 ? later(CLOCK_MONOTONIC) : (struct timespec){0, WAIT_NANOS};
        micros = (struct timeval){0, WAIT_NANOS / 1000};
        table[0] = (struct pollfd){.fd = ends[0], .events = POLLIN, .revents = 0x7f};
        FD_ZERO(&set);
        FD_SET(ends[0], &set);
        memset(text, 0, sizeof text);
        part = (struct iovec){text, 8};
        header = (struct msghdr){.msg_iov = &part, .msg_iovlen = 1};
        if (kind == 10) {
            write(pair[1], "one ", 4);
        }
        pthread_create(&thread, NULL, wait_in_call, (void *)kind);
        while (__atomic_load_n(&thread_number, __ATOMIC_SEQ_CST) == 0 || !is_asleep()) {
            usleep(1000);
        }
        change();
        if (kind == 9) {
            table[0].events = POLLOUT;
            table[0].fd = 77;
            write(ends[1], "x", 1);
        }
        if (kind == 12) {
            FD_ZERO(&set);
            FD_SET(ends[1], &set);
            write(ends[1], "x", 1);
        }
        if (kind == 11) {
            int other = pair[0];
            close(other);
            write(pair[1], "z", 1);
        }
        if (kind == 10) {
            write(pair[1], "two ", 4);
        }
        pthread_join(thread, NULL);
        printf("  table %d %x %x text %s set %d\n", table[0].fd == ends[0], table[0].events, table[0].revents, text,
               FD_ISSET(ends[0], &set) != 0);
    }
}
