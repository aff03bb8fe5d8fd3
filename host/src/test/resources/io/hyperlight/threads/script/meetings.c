/* Steps of several threads that meet: barriers, gates, rings, games of two, events, signals. */

/* Returns whether this thread came last. */
static int meet(struct step *p, struct shared *s)
{
    int generation, result;
    switch (p->variant % 4) {
        case 0:
            result = pthread_barrier_wait(&s->barrier);
            CHECK(result == 0 || result == PTHREAD_BARRIER_SERIAL_THREAD);
            return result != 0;
        case 1:
            OK(pthread_mutex_lock(&s->mutex));
            generation = s->head;
            result = ++s->length == p->count;
            if (result) {
                s->length = 0;
                s->head++;
                OK(pthread_cond_broadcast(&s->not_empty));
            }
            while (s->head == generation) {
                OK(pthread_cond_wait(&s->not_empty, &s->mutex));
            }
            OK(pthread_mutex_unlock(&s->mutex));
            return result;
        case 2:
            generation = s->word[0];
            result = atomic_fetch_add(&s->word[1], 1) == p->count - 1;
            if (result) {
                s->word[1] = 0;
                s->word[0]++;
                futex(&s->word[0], WAKE | PRIVATE, 1000, NULL, NULL, 0);
            }
            while (s->word[0] == generation) {
                futex(&s->word[0], WAIT | PRIVATE, generation, NULL, NULL, 0);
            }
            return result;
        default:
            generation = s->word[0];
            result = atomic_fetch_add(&s->word[1], 1) == p->count - 1;
            if (result) {
                s->word[1] = 0;
                s->word[0]++;
            }
            while (s->word[0] == generation) {
                sched_yield();
            }
            return result;
    }
}

/* In each round, each thread reads what all have written. */
static uint64_t barrier(struct step *p, struct shared *s, int role)
{
    uint64_t result = 0;
    for (int round = 0; round < p->amount; round++) {
        s->slot[role] = mix((uint64_t)p->seed, (uint64_t)(role * 1000 + round));
        total += (uint64_t)meet(p, s);
        for (int i = 0; i < p->count; i++) {
            result = mix(result, s->slot[i]);
        }
        total += (uint64_t)meet(p, s);
    }
    return result;
}

/* All others wait until the first thread opens the gate. They see what it wrote before. */
static uint64_t gate(struct step *p, struct shared *s, int role)
{
    uint64_t value = mix((uint64_t)p->seed, 1), one = 1;
    int opener = role == 0, way = p->variant % 9, error;
    struct pollfd ready = {.fd = -1, .events = POLLIN};
    char byte;
    ONCE_FOR(s, {
        if (way == 2) OK(pipe(s->fd));
        if (way == 3) s->fd[0] = eventfd(0, 0);
    });
    if (way == 6) { /* the opener has the lock before the others come */
        if (opener) {
            OK(pthread_rwlock_wrlock(&s->rwlock));
            for (int i = 1; i < p->count; i++) OK(sem_post(&s->sem[0]));
        } else {
            wait_for(&s->sem[0]);
        }
    }
    if (opener) {
        for (int i = 0; i < p->amount; i++) {
            sched_yield();
        }
        OK(pthread_mutex_lock(&s->mutex));
        s->data = value;
        s->serial = 1;
        OK(pthread_mutex_unlock(&s->mutex));
        s->word[0] = 1;
    }
    switch (way) {
        case 0:
            OK(pthread_mutex_lock(&s->mutex));
            OK(opener ? pthread_cond_broadcast(&s->not_empty) : 0);
            while (!s->serial) {
                OK(pthread_cond_wait(&s->not_empty, &s->mutex));
            }
            OK(pthread_mutex_unlock(&s->mutex));
            break;
        case 1:
            if (opener) {
                futex(&s->word[0], WAKE | PRIVATE, 1000, NULL, NULL, 0);
            }
            while (s->word[0] == 0) {
                futex(&s->word[0], WAIT | PRIVATE, 0, NULL, NULL, 0);
            }
            break;
        case 2:
            if (opener) {
                OK(pthread_mutex_lock(&s->mutex));
                OK(close(s->fd[1]));
                s->fd[1] = -1;
                OK(pthread_mutex_unlock(&s->mutex));
            } else {
                OK(read(s->fd[0], &byte, 1));
            }
            break;
        case 3:
            if (opener) {
                write_all(s->fd[0], &one, sizeof one);
            } else {
                ready.fd = s->fd[0];
                CHECK(poll(&ready, 1, -1) == 1);
            }
            break;
        case 4:
            if (opener) {
                for (int i = 1; i < p->count; i++) OK(sem_post(&s->sem[0]));
            } else {
                wait_for(&s->sem[0]);
            }
            break;
        case 5: /* one is woken, the others are moved to another word first */
            if (opener) {
                long moved = futex(&s->word[0], REQUEUE | PRIVATE, 1, (void *)1000, &s->word[1], 0);
                CHECK(moved >= 0 && moved < p->count);
                s->word[1] = 1;
                futex(&s->word[1], WAKE | PRIVATE, 1000, NULL, NULL, 0);
            }
            while (s->word[0] == 0) {
                futex(&s->word[0], WAIT | PRIVATE, 0, NULL, NULL, 0);
            }
            break;
        case 6:
            OK(opener ? 0 : pthread_rwlock_rdlock(&s->rwlock));
            OK(pthread_rwlock_unlock(&s->rwlock));
            break;
        case 7: /* moved to a lock with an owner */
            if (opener) {
                error = 0;
                OK(futex(&s->word[2], LOCK_PI | PRIVATE, 0, NULL, NULL, 0));
                s->word[1] = 1;
                do {
                    error = (int)futex(&s->word[1], CMP_REQUEUE_PI | PRIVATE, 1, (void *)1000, &s->word[2], 1);
                    CHECK(error >= 0 || error == -EAGAIN);
                } while (error < 0);
                OK(futex(&s->word[2], UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0));
                break;
            }
            error = (int)futex(&s->word[1], WAIT_REQUEUE_PI | PRIVATE, 0, NULL, &s->word[2], 0);
            CHECK(error == 0 || error == -EAGAIN);
            if (error == 0) {
                CHECK((s->word[2] & 0x3fffffff) == (int)syscall(SYS_gettid));
                OK(futex(&s->word[2], UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0));
            }
            break;
        default:
            while (s->word[0] == 0) {
                sched_yield();
            }
    }
    OK(pthread_mutex_lock(&s->mutex));
    value = s->data;
    OK(pthread_mutex_unlock(&s->mutex));
    return value;
}

/* Lets another thread of the step go on. */
static void pass_turn(struct step *p, struct shared *s, int to)
{
    switch (p->variant % 6) {
        case 0: OK(sem_post(&s->sem[to])); return;
        case 1: write_all(s->fd[2 * to + 1], "x", 1); return;
        case 2:
            s->word[to]++;
            futex(&s->word[to], WAKE | PRIVATE, 1, NULL, NULL, 0);
            return;
        case 3:
            OK(pthread_mutex_lock(&s->mutex));
            s->word[to]++;
            OK(pthread_cond_broadcast(&s->not_empty));
            OK(pthread_mutex_unlock(&s->mutex));
            return;
        case 4: s->word[to]++; return;
        default:
            wait_for(&s->here[to]);
            OK(sem_post(&s->here[to]));
            OK((int)syscall(SYS_tgkill, getpid(), s->tid[to], SIGRTMIN + 3));
    }
}

static void await_turn(struct step *p, struct shared *s, int role)
{
    sigset_t set = only(SIGRTMIN + 3);
    int number;
    char byte;
    switch (p->variant % 6) {
        case 0: wait_for(&s->sem[role]); return;
        case 1: read_all(s->fd[2 * role], &byte, 1); return;
        case 2:
            while (s->word[role] == 0) {
                futex(&s->word[role], WAIT | PRIVATE, 0, NULL, NULL, 0);
            }
            s->word[role]--;
            return;
        case 3:
            OK(pthread_mutex_lock(&s->mutex));
            while (s->word[role] == 0) {
                OK(pthread_cond_wait(&s->not_empty, &s->mutex));
            }
            s->word[role]--;
            OK(pthread_mutex_unlock(&s->mutex));
            return;
        case 4:
            while (s->word[role] == 0) {
                sched_yield();
            }
            s->word[role]--;
            return;
        default: OK(sigwait(&set, &number));
    }
}

/* A value goes around. Each thread changes it. */
static uint64_t ring(struct step *p, struct shared *s, int role)
{
    uint64_t last = 0;
    ONCE_FOR(s, {
        for (int i = 0; i < p->count && p->variant % 6 == 1; i++) OK(pipe(s->fd + 2 * i));
        s->data = (uint64_t)p->seed;
    });
    for (int round = 0; round < p->amount; round++) {
        if (role > 0 || round > 0) {
            await_turn(p, s, role);
        }
        last = s->data = mix(s->data, (uint64_t)role);
        pass_turn(p, s, (role + 1) % p->count);
    }
    if (role == 0) {
        await_turn(p, s, role);
    }
    return last;
}

/* The first thread gets signals while it does something, and acknowledges each. */
static uint64_t send_signals(struct step *p, struct shared *s, int role)
{
    struct timespec time = {0, 1000000};
    int before = handled, way = p->variant % 5;
    char byte = 0;
    uint64_t sum = (uint64_t)p->seed;
    sigset_t set = only(SIGUSR1), old;
    ONCE_FOR(s, OK(pipe(s->fd)));
    if (role == 1) {
        wait_for(&s->sem[1]);
        for (int i = 0; i < p->amount; i++) {
            OK((int)syscall(SYS_tgkill, getpid(), s->tid[0], SIGUSR1));
            wait_for(&s->sem[0]);
        }
        write_all(s->fd[1], "x", 1);
        return 0;
    }
    OK(pthread_sigmask(SIG_BLOCK, &set, &old));
    acknowledge = &s->sem[0];
    if (way != 2) {
        OK(pthread_sigmask(SIG_UNBLOCK, &set, NULL));
    }
    OK(sem_post(&s->sem[1]));
    while (way < 3 && handled < before + p->amount) {
        switch (way) {
            case 0: sum = work(sum, 100); sched_yield(); break;
            case 1: nanosleep(&time, NULL); break;
            default: CHECK(sigsuspend(&old) == -1 && errno == EINTR);
        }
    }
    if (way == 3) { /* goes on behind each handler */
        CHECK(read(s->fd[0], &byte, 1) == 1);
    }
    if (way == 4) {
        fd_set readable;
        FD_ZERO(&readable);
        FD_SET(s->fd[0], &readable);
        while (select(s->fd[0] + 1, &readable, NULL, NULL, NULL) < 0) {
            CHECK(errno == EINTR);
        }
    }
    OK(pthread_sigmask(SIG_SETMASK, &old, NULL));
    CHECK(handled == before + p->amount);
    acknowledge = NULL;
    return (uint64_t)p->amount;
}

/* The first thread waits for events of all others at once. */
static uint64_t events(struct step *p, struct shared *s, int role)
{
    int sources = p->count - 1, own[MOST], left = p->amount * sources;
    uint64_t value, sum = 0;
    uint32_t flags = p->variant % 3 == 0 ? 0 : p->variant % 3 == 1 ? EPOLLET : EPOLLONESHOT;
    ONCE_FOR(s, {
        for (int i = 0; i < sources; i++) {
            OK(i % 2 == 0 ? pipe2(s->fd + 2 * i, O_NONBLOCK)
                          : socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, s->fd + 2 * i));
        }
    });
    if (role > 0) {
        for (int i = 0; i < p->amount; i++) {
            value = mix((uint64_t)p->seed, (uint64_t)(role * 1000 + i));
            while (write(s->fd[2 * role - 1], &value, sizeof value) != sizeof value) {
                CHECK(errno == EAGAIN);
                await_writable(s->fd[2 * role - 1]);
            }
        }
        return 0;
    }
    int epoll = epoll_create1(0), timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK), outer = epoll_create1(0);
    struct itimerspec often = {{0, 300000}, {0, 100000}};
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = MOST}, found[4];
    OK(timerfd_settime(timer, 0, &often, NULL));
    OK(epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &event));
    OK(epoll_ctl(outer, EPOLL_CTL_ADD, epoll, &event));
    for (int i = 0; i < sources; i++) {
        own[i] = 0;
        event = (struct epoll_event){.events = EPOLLIN | flags, .data.u32 = (uint32_t)i};
        OK(epoll_ctl(epoll, EPOLL_CTL_ADD, s->fd[2 * i], &event));
    }
    while (left > 0) {
        CHECK(epoll_wait(outer, found, 1, -1) == 1);
        int count = epoll_wait(epoll, found, 4, 0);
        for (int i = 0; i < count; i++) {
            int source = (int)found[i].data.u32;
            if (source == MOST) {
                CHECK(read(timer, &value, sizeof value) == sizeof value && value > 0);
                continue;
            }
            while (read(s->fd[2 * source], &value, sizeof value) == sizeof value) {
                CHECK(value == mix((uint64_t)p->seed, (uint64_t)((source + 1) * 1000 + own[source]++)));
                sum += value;
                left--;
            }
            CHECK(errno == EAGAIN);
            event = (struct epoll_event){.events = EPOLLIN | flags, .data.u32 = (uint32_t)source};
            OK(epoll_ctl(epoll, EPOLL_CTL_MOD, s->fd[2 * source], &event));
        }
    }
    OK(close(outer));
    OK(close(epoll));
    OK(close(timer));
    return sum;
}
