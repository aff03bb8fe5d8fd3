/* Threads that wait for descriptors, and others that end these waits. */
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

static int ends[2], gate;

static void *write_much(void *size)
{
    static char much[300000];
    ssize_t done = write(ends[1], much, (long)size);
    return (void *)(done < 0 ? -(long)errno : (long)done);
}

static void *read_little(void *size)
{
    char bytes[4096];
    ssize_t done = read(ends[0], bytes, (long)size);
    return (void *)(done < 0 ? -(long)errno : (long)done);
}

static pthread_t start(void *(*function)(void *), long argument)
{
    pthread_t thread;
    pthread_create(&thread, NULL, function, (void *)argument);
    return thread;
}

static long join(pthread_t thread)
{
    void *result;
    pthread_join(thread, &result);
    return (long)result;
}

/* Lets the others run until they wait. */
static void let_wait(void) { usleep(20000); }

static long drain(int file, long most)
{
    char bytes[5000];
    long sum = 0;
    for (ssize_t more; sum < most && (more = read(file, bytes, sizeof bytes)) > 0; sum += more) {
    }
    return sum;
}

static void pipes(void)
{
    static const long sizes[] = {1, 4096, 4097, 65536, 65537, 200000, 300000};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        pipe(ends);
        pthread_t thread = start(write_much, sizes[i]);
        printf("%ld: read %ld", sizes[i], drain(ends[0], sizes[i]));
        printf(" written %ld\n", join(thread));
        thread = start(write_much, 200000);
        let_wait();
        long seen = drain(ends[0], 10000);
        close(ends[0]);
        long written = join(thread);
        printf("%ld before, then %s\n", seen, written >= 65536 && written < 100000 ? "a part" : "something else");
        close(ends[1]);
        pipe(ends);
        thread = start(read_little, 100);
        let_wait();
        close(ends[1]);
        printf("end %ld\n", join(thread));
        close(ends[0]);
        /* A call goes on with a file whose descriptor is closed. */
        pipe(ends);
        thread = start(read_little, 100);
        let_wait();
        close(ends[0]);
        printf("closed: write %zd", write(ends[1], "abc", 3));
        printf(" read %ld\n", join(thread));
        printf("then %s\n", outcome(write(ends[1], "abc", 3)));
        close(ends[1]);
    }
}

static int work, results;

static void *produce(void *count)
{
    for (long i = 1; i <= (long)count; i++) {
        write(work, &i, sizeof i);
    }
    return NULL;
}

static void *consume(void *from)
{
    long sum = 0;
    for (long number; read((int)(long)from, &number, sizeof number) == sizeof number && number;) {
        sum += number;
    }
    return (void *)sum;
}

static void producers(void)
{
    int numbers[2];
    pipe(numbers);
    work = numbers[1];
    fcntl(work, F_SETPIPE_SZ, 4096);
    pthread_t consumers[3], makers[4];
    for (int i = 0; i < 3; i++) {
        consumers[i] = start(consume, numbers[0]);
    }
    for (int i = 0; i < 4; i++) {
        makers[i] = start(produce, 2000);
    }
    for (int i = 0; i < 4; i++) {
        join(makers[i]);
    }
    long sum = 0, none = 0;
    for (int i = 0; i < 3; i++) {
        write(work, &none, sizeof none);
    }
    for (int i = 0; i < 3; i++) {
        sum += join(consumers[i]);
    }
    printf("sum %ld\n", sum);
}

static void *wake(void *how)
{
    uint64_t one = 1;
    for (int i = 0; i < 3; i++) {
        let_wait();
        switch ((long)how) {
        case 0: write(gate, &one, 8); break;
        case 1: write(ends[1], "x", 1); break;
        default: kill(getpid(), SIGUSR1); break;
        }
        while (__atomic_load_n(&results, __ATOMIC_SEQ_CST) <= i) {
            sched_yield();
        }
    }
    return NULL;
}

static void loops(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    gate = eventfd(0, EFD_NONBLOCK);
    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends);
    int signals = signalfd(-1, &set, SFD_NONBLOCK), files[3] = {gate, ends[0], signals};
    for (int way = 0; way < 5; way++) {
        int epoll = epoll_create1(0), outer = epoll_create1(0);
        for (int i = 0; i < 3; i++) {
            struct epoll_event event = {.events = EPOLLIN | (way == 1 ? EPOLLET : 0), .data.u32 = i};
            epoll_ctl(epoll, EPOLL_CTL_ADD, files[i], &event);
        }
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = 9};
        epoll_ctl(outer, EPOLL_CTL_ADD, epoll, &event);
        for (long how = 0; how < 3; how++) {
            results = 0;
            pthread_t thread = start(wake, how);
            for (int i = 0; i < 3; i++) {
                int count = 0, found = -1;
                if (way < 2) {
                    count = epoll_wait(epoll, &event, 1, -1);
                    found = event.data.u32;
                } else if (way == 2) {
                    count = epoll_wait(outer, &event, 1, 10000);
                    epoll_wait(epoll, &event, 1, 0);
                    found = event.data.u32;
                } else if (way == 3) {
                    struct pollfd table[3] = {{gate, POLLIN, 0}, {ends[0], POLLIN, 0}, {signals, POLLIN, 0}};
                    count = poll(table, 3, 10000);
                    for (int j = 0; j < 3; j++) {
                        found = table[j].revents ? j : found;
                    }
                } else {
                    fd_set in;
                    FD_ZERO(&in);
                    for (int j = 0; j < 3; j++) {
                        FD_SET(files[j], &in);
                    }
                    count = select(64, &in, NULL, NULL, NULL);
                    for (int j = 0; j < 3; j++) {
                        found = FD_ISSET(files[j], &in) ? j : found;
                    }
                }
                char bytes[128];
                ssize_t size = read(files[found], bytes, sizeof bytes);
                printf("way %d how %ld: %d %d %zd\n", way, how, count, found, size);
                __atomic_add_fetch(&results, 1, __ATOMIC_SEQ_CST);
            }
            join(thread);
        }
        close(epoll);
        close(outer);
    }
}

static void *echo(void *file)
{
    char bytes[100];
    long sum = 0;
    for (ssize_t size; (size = recv((int)(long)file, bytes, sizeof bytes, 0)) > 0; sum += size) {
        send((int)(long)file, bytes, size, 0);
    }
    return (void *)sum;
}

static void sockets(void)
{
    static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
    for (size_t t = 0; t < COUNT(types); t++) {
        int both[2];
        char bytes[300];
        long sum = 0;
        socketpair(AF_UNIX, types[t], 0, both);
        pthread_t thread = start(echo, both[1]);
        for (int i = 1; i <= 100; i++) {
            send(both[0], bytes, i, 0);
            sum += recv(both[0], bytes, i, types[t] == SOCK_STREAM ? MSG_WAITALL : 0);
        }
        shutdown(both[0], SHUT_WR);
        if (types[t] == SOCK_DGRAM) {
            shutdown(both[1], SHUT_RD);
        }
        printf("echo %ld", join(thread));
        printf(" %ld\n", sum);
    }
}

static void *open_fifo(void *flags)
{
    int file = open("fifo", (int)(long)flags);
    return (void *)(long)(file < 0 ? -errno : fcntl(file, F_GETFL) & O_ACCMODE);
}

static void fifos(const char *folder)
{
    if (chdir(folder) || mkfifo("fifo", 0600)) {
        printf("no folder\n");
        return;
    }
    for (int first = 0; first < 2; first++) {
        pthread_t thread = start(open_fifo, first ? O_WRONLY : O_RDONLY);
        let_wait();
        printf("open %ld", (long)open_fifo((void *)(long)(first ? O_RDONLY : O_WRONLY)));
        printf(" and %ld\n", join(thread));
        for (int i = 3; i < 100; i++) {
            close(i);
        }
    }
}

static void run(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    pipes();
    producers();
    loops();
    sockets();
    fifos(argc > 1 ? argv[1] : "/tmp");
}
