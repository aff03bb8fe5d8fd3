/* Steps of several threads: values that they hand over, barriers, gates, rings, signals, and the threads themselves. */

enum medium {
    BY_COND, BY_SEM, BY_PIPE, BY_POLL, BY_EPOLL, BY_SELECT, BY_STREAM, BY_DATAGRAM, BY_PACKET, BY_FUTEX, BY_C11,
    BY_EVENT, BY_TIMED_COND, BY_SIGNAL, BY_SIGNAL_FILE, BY_PROCESS_SIGNAL, BY_OWN_EPOLL, MEDIA
};

static void open_medium(struct step *p, struct shared *s)
{
    static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
    struct epoll_event readable = {.events = EPOLLIN};
    int medium = p->variant % MEDIA;
    if (medium == BY_SEM || medium == BY_EVENT) {
        for (int i = 0; i < 4; i++) {
            OK(sem_post(&s->sem[1]));
        }
    }
    if (medium >= BY_STREAM && medium <= BY_PACKET) {
        OK(socketpair(AF_UNIX, types[medium - BY_STREAM], 0, s->fd));
    }
    if (medium == BY_PIPE) {
        OK(pipe(s->fd));
    }
    if ((medium >= BY_POLL && medium <= BY_SELECT) || medium == BY_OWN_EPOLL) {
        OK(pipe2(s->fd, O_NONBLOCK));
    }
    if (medium == BY_EPOLL) {
        s->fd[2] = epoll_create1(0);
        OK(epoll_ctl(s->fd[2], EPOLL_CTL_ADD, s->fd[0], &readable));
    }
    if (medium == BY_EVENT) {
        s->fd[0] = eventfd(0, EFD_SEMAPHORE);
    }
}

static void put_in_ring(struct shared *s, uint64_t value) { s->ring[(s->head + s->length++) % 4] = value; }

static uint64_t take_from_ring(struct shared *s)
{
    uint64_t value = s->ring[s->head];
    s->head = (s->head + 1) % 4;
    s->length--;
    return value;
}

static void await_writable(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    CHECK(poll(&ready, 1, -1) == 1 || errno == EINTR);
}

static void put(struct step *p, struct shared *s, int consumer, uint64_t value)
{
    uint64_t one = 1;
    switch (p->variant % MEDIA) {
        case BY_COND:
        case BY_TIMED_COND:
            OK(pthread_mutex_lock(&s->mutex));
            while (s->length == 4) {
                OK(pthread_cond_wait(&s->not_full, &s->mutex));
            }
            put_in_ring(s, value);
            OK(pthread_cond_signal(&s->not_empty));
            OK(pthread_mutex_unlock(&s->mutex));
            return;
        case BY_C11:
            CHECK(mtx_lock(&s->c11_mutex) == thrd_success);
            while (s->length == 4) {
                CHECK(cnd_wait(&s->c11_not_full, &s->c11_mutex) == thrd_success);
            }
            put_in_ring(s, value);
            CHECK(cnd_signal(&s->c11_not_empty) == thrd_success);
            CHECK(mtx_unlock(&s->c11_mutex) == thrd_success);
            return;
        case BY_SEM:
        case BY_EVENT:
            wait_for(&s->sem[1]);
            OK(pthread_mutex_lock(&s->mutex));
            put_in_ring(s, value);
            OK(pthread_mutex_unlock(&s->mutex));
            if (p->variant % MEDIA == BY_SEM) {
                OK(sem_post(&s->sem[0]));
            } else {
                write_all(s->fd[0], &one, sizeof one);
            }
            return;
        case BY_FUTEX: /* word 0 counts what was put, word 1 what was taken */
            for (;;) {
                int taken = s->word[1];
                OK(pthread_mutex_lock(&s->mutex));
                if (s->length < 4) {
                    break;
                }
                OK(pthread_mutex_unlock(&s->mutex));
                futex(&s->word[1], WAIT | PRIVATE, taken, NULL, NULL, 0);
            }
            put_in_ring(s, value);
            s->word[0]++;
            OK(pthread_mutex_unlock(&s->mutex));
            futex(&s->word[0], WAKE_BITSET | PRIVATE, 100, NULL, NULL, 6);
            return;
        case BY_SIGNAL:
        case BY_SIGNAL_FILE:
            wait_for(&s->here[consumer]);
            OK(sem_post(&s->here[consumer]));
            queue_signal(s->tid[consumer], SIGRTMIN + 2, value);
            return;
        case BY_PROCESS_SIGNAL:
            while (sigqueue(getpid(), SIGRTMIN + p->extra, (union sigval){.sival_ptr = (void *)value}) != 0) {
                CHECK(errno == EAGAIN);
                sched_yield();
            }
            return;
        default:
            while (write(s->fd[1], &value, sizeof value) != sizeof value) {
                CHECK(errno == EAGAIN || errno == EINTR);
                await_writable(s->fd[1]);
            }
    }
}

static uint64_t read_value(int fd)
{
    uint64_t value;
    read_all(fd, &value, sizeof value);
    return value;
}

/* From a pipe that does not wait, which others read as well. */
static uint64_t read_when_ready(struct step *p, struct shared *s)
{
    uint64_t value;
    struct pollfd ready = {.fd = s->fd[0], .events = POLLIN};
    struct epoll_event event = {.events = EPOLLIN | (p->extra % 2 == 0 ? 0 : EPOLLEXCLUSIVE)};
    int medium = p->variant % MEDIA, own = -1;
    if (medium == BY_OWN_EPOLL) {
        own = epoll_create1(EPOLL_CLOEXEC);
        OK(epoll_ctl(own, EPOLL_CTL_ADD, s->fd[0], &event));
    }
    while (read(s->fd[0], &value, sizeof value) != sizeof value) {
        CHECK(errno == EAGAIN);
        fd_set readable;
        FD_ZERO(&readable);
        FD_SET(s->fd[0], &readable);
        switch (medium) {
            case BY_POLL: CHECK(poll(&ready, 1, -1) == 1); break;
            case BY_SELECT: CHECK(select(s->fd[0] + 1, &readable, NULL, NULL, NULL) == 1); break;
            case BY_EPOLL: CHECK(epoll_wait(s->fd[2], &event, 1, -1) == 1); break;
            default: CHECK(epoll_wait(own, &event, 1, time_stands_still ? -1 : 100000000) == 1);
        }
    }
    OK(own >= 0 ? close(own) : 0);
    return value;
}

static uint64_t receive(struct step *p, struct shared *s)
{
    sigset_t set = only(SIGRTMIN + (p->variant % MEDIA == BY_PROCESS_SIGNAL ? p->extra : 2));
    siginfo_t info;
    struct signalfd_siginfo read_info;
    uint64_t value;
    int fd;
    switch (p->variant % MEDIA) {
        case BY_COND:
        case BY_TIMED_COND:
            OK(pthread_mutex_lock(&s->mutex));
            while (s->length == 0) {
                if (p->variant % MEDIA == BY_COND) {
                    OK(pthread_cond_wait(&s->not_empty, &s->mutex));
                } else {
                    struct timespec soon = in(CLOCK_REALTIME, 200);
                    int error = pthread_cond_timedwait(&s->not_empty, &s->mutex, &soon);
                    CHECK(error == 0 || error == ETIMEDOUT);
                }
            }
            value = take_from_ring(s);
            OK(pthread_cond_signal(&s->not_full));
            OK(pthread_mutex_unlock(&s->mutex));
            return value;
        case BY_C11:
            CHECK(mtx_lock(&s->c11_mutex) == thrd_success);
            while (s->length == 0) {
                CHECK(cnd_wait(&s->c11_not_empty, &s->c11_mutex) == thrd_success);
            }
            value = take_from_ring(s);
            CHECK(cnd_signal(&s->c11_not_full) == thrd_success);
            CHECK(mtx_unlock(&s->c11_mutex) == thrd_success);
            return value;
        case BY_SEM:
        case BY_EVENT:
            if (p->variant % MEDIA == BY_SEM) {
                wait_for(&s->sem[0]);
            } else {
                CHECK(read_value(s->fd[0]) == 1);
            }
            OK(pthread_mutex_lock(&s->mutex));
            value = take_from_ring(s);
            OK(pthread_mutex_unlock(&s->mutex));
            OK(sem_post(&s->sem[1]));
            return value;
        case BY_FUTEX:
            for (;;) {
                int were = s->word[0];
                OK(pthread_mutex_lock(&s->mutex));
                if (s->length > 0) {
                    break;
                }
                OK(pthread_mutex_unlock(&s->mutex));
                futex(&s->word[0], WAIT_BITSET | PRIVATE, were, NULL, NULL, 2);
            }
            value = take_from_ring(s);
            s->word[1]++;
            OK(pthread_mutex_unlock(&s->mutex));
            futex(&s->word[1], WAKE | PRIVATE, 100, NULL, NULL, 0);
            return value;
        case BY_SIGNAL:
        case BY_PROCESS_SIGNAL:
            while (sigwaitinfo(&set, &info) < 0) {
                CHECK(errno == EINTR);
            }
            return (uint64_t)info.si_value.sival_ptr;
        case BY_SIGNAL_FILE:
            fd = signalfd(-1, &set, 0);
            read_all(fd, &read_info, sizeof read_info);
            OK(close(fd));
            return read_info.ssi_ptr;
        case BY_PIPE:
        case BY_STREAM:
        case BY_DATAGRAM:
        case BY_PACKET: return read_value(s->fd[0]);
        default: return read_when_ready(p, s);
    }
}

/* The first threads put values, the others take them. */
static uint64_t transfer(struct step *p, struct shared *s, int role)
{
    int producers = p->object, consumers = p->count - producers;
    uint64_t result = 0, all = 0;
    ONCE_FOR(s, open_medium(p, s));
    if (role < producers) {
        for (int i = 0; i < p->amount * consumers; i++) {
            put(p, s, producers, mix((uint64_t)p->seed, (uint64_t)(role * 1000 + i)));
        }
        return 0;
    }
    for (int i = 0; i < p->amount * producers; i++) {
        uint64_t value = receive(p, s);
        result = mix(result, value);
        all += value;
    }
    total += all;
    return p->count == 2 ? result : consumers == 1 ? all : 0;
}

/* A stream of bytes, in pieces of any size. */
static uint64_t pour(struct step *p, struct shared *s, int role)
{
    size_t size = (size_t)p->amount * 1000, piece;
    uint64_t result = 0, random = (uint64_t)p->seed;
    unsigned char buffer[9000];
    ONCE_FOR(s, OK(p->variant % 2 == 0 ? pipe(s->fd) : socketpair(AF_UNIX, SOCK_STREAM, 0, s->fd)));
    for (size_t done = 0; done < size; done += piece) {
        random = mix(random, done + (uint64_t)role);
        piece = 1 + random % sizeof buffer;
        piece = piece > size - done ? size - done : piece;
        if (role == 1) {
            ssize_t count = read(s->fd[0], buffer, piece);
            CHECK(count > 0);
            piece = (size_t)count;
        }
        for (size_t i = 0; i < piece; i++) {
            unsigned char byte = (unsigned char)((done + i) * 31 + (size_t)p->seed);
            if (role == 1) {
                result += buffer[i] * (done + i + 1);
            } else {
                buffer[i] = byte;
            }
        }
        if (role == 0) {
            struct iovec parts[2] = {{buffer, piece / 2}, {buffer + piece / 2, piece - piece / 2}};
            if (p->variant % 4 < 2) {
                write_all(s->fd[1], buffer, piece);
            } else {
                ssize_t count = writev(s->fd[1], parts, 2);
                CHECK(count >= 0);
                write_all(s->fd[1], buffer + count, piece - (size_t)count);
            }
        }
    }
    if (role == 0) {
        OK(pthread_mutex_lock(&s->mutex));
        OK(close(s->fd[1]));
        s->fd[1] = -1;
        OK(pthread_mutex_unlock(&s->mutex));
    } else {
        CHECK(read(s->fd[0], buffer, 1) == 0);
    }
    return result;
}

/* Descriptors as messages, each with a value in it. */
static uint64_t pass_files(struct step *p, struct shared *s, int role)
{
    uint64_t result = 0;
    ONCE_FOR(s, OK(socketpair(AF_UNIX, p->variant % 2 == 0 ? SOCK_DGRAM : SOCK_STREAM, 0, s->fd)));
    for (int i = 0; i < p->amount; i++) {
        char byte = 'x', control[CMSG_SPACE(sizeof(int))] = {0};
        struct iovec part = {&byte, 1};
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
                                 .msg_controllen = sizeof control};
        int fd;
        if (role == 0) {
            fd = eventfd((unsigned)p->seed + (unsigned)i, 0);
            struct cmsghdr *header = CMSG_FIRSTHDR(&message);
            header->cmsg_level = SOL_SOCKET;
            header->cmsg_type = SCM_RIGHTS;
            header->cmsg_len = CMSG_LEN(sizeof(int));
            memcpy(CMSG_DATA(header), &fd, sizeof fd);
            CHECK(sendmsg(s->fd[1], &message, 0) == 1);
        } else {
            CHECK(recvmsg(s->fd[0], &message, 0) == 1);
            memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
            result = mix(result, read_value(fd));
        }
        OK(close(fd));
    }
    return result;
}
