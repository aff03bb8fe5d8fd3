/* poll and select: every kind of descriptor, every event, and the time that is left. */

static int left_depends;
static int empty_pipe[2], filled_pipe[2], full_pipe[2], widowed[2], closed_reader[2];

static void about_left(const char *text, long seconds, long fraction, long begin)
{
    if (begin == 0 && seconds == 0 &&  errno == 0 && left_depends) {
        printf("\n"); /* on how fast the machine is */
        return;
    }
    printf(" %s %s\n", text, seconds < 0 || fraction < 0 ? "negative"
        : seconds == 0 && fraction == 0 ? "nothing"
        : seconds > begin || seconds < begin - 2 ? "something else" : "most of it");
}

static void descriptors(void)
{
    char page[4096];
    pipe(empty_pipe);
    pipe(filled_pipe);
    write(filled_pipe[1], "x", 1);
    pipe(full_pipe);
    fcntl(full_pipe[1], F_SETFL, O_NONBLOCK);
    while (write(full_pipe[1], page, sizeof page) > 0) {
    }
    pipe(widowed);
    close(widowed[1]);
    pipe(closed_reader);
    close(closed_reader[0]);
    int file = open("/proc/self/status", O_RDONLY), directory = open("/", O_RDONLY), null = open("/dev/null", O_RDWR);
    int path = open("/", O_PATH), zero = open("/dev/zero", O_RDONLY), full = open("/dev/full", O_WRONLY);
    const int all[] = {empty_pipe[0], empty_pipe[1], filled_pipe[0], filled_pipe[1], full_pipe[0], full_pipe[1],
        widowed[0], closed_reader[1], file, directory, null, path, zero, full, 60, -1, INT_MIN};
    static const short events[] = {0, POLLIN, POLLOUT, POLLPRI, POLLERR, POLLHUP, POLLNVAL, POLLRDNORM, POLLWRNORM,
        POLLRDBAND, POLLWRBAND, POLLIN | POLLOUT, 0x7fff, -1};
    for (size_t d = 0; d < COUNT(all); d++) {
        for (size_t e = 0; e < COUNT(events); e++) {
            struct pollfd one = {.fd = all[d], .events = events[e], .revents = 0x55};
            long result = poll(&one, 1, 0);
            printf("poll %zu for %x: %s %x\n", d, events[e] & 0xffff, outcome(result), one.revents & 0xffff);
        }
        for (int sets = 0; sets < 8 && all[d] >= 0; sets++) {
            fd_set in, out, special;
            FD_ZERO(&in);
            FD_SET(all[d], &in);
            out = special = in;
            struct timeval no_time = {0};
            errno = 0;
            long result = select(all[d] + 1, sets & 1 ? &in : NULL, sets & 2 ? &out : NULL, sets & 4 ? &special : NULL, &no_time);
            printf("select %zu in %d: %s %d %d %d\n", d, sets, outcome(result), !!FD_ISSET(all[d], &in),
                !!FD_ISSET(all[d], &out), !!FD_ISSET(all[d], &special));
            struct timeval while_ready = {5, 0};
            if (result != 0) {
                FD_SET(all[d], &in);
                out = special = in;
                errno = 0;
                result = select(all[d] + 1, sets & 1 ? &in : NULL, sets & 2 ? &out : NULL, sets & 4 ? &special : NULL, &while_ready);
                printf("select %zu in %d with time: %s", d, sets, outcome(result));
                about_left("left", while_ready.tv_sec, while_ready.tv_usec, 5);
            }
        }
    }
    fd_set several;
    FD_ZERO(&several);
    for (size_t d = 0; d < COUNT(all) - 3; d++) {
        FD_SET(all[d], &several);
    }
    fd_set out = several, special = several;
    struct timeval no_time = {0};
    SHOW(select(64, &several, &out, &special, &no_time));
    struct pollfd table[COUNT(all)];
    for (size_t d = 0; d < COUNT(all); d++) {
        table[d] = (struct pollfd){.fd = all[d], .events = POLLIN | POLLOUT};
    }
    SHOW(poll(table, COUNT(all), 1000));
}

static void pselects(long seconds, long fraction, fd_set *in)
{
    struct timespec time = {seconds, fraction};
    errno = 0;
    long result = syscall(SYS_pselect6, in ? 64 : 0, in, NULL, NULL, &time, NULL);
    printf("pselect %ld %ld: %s", seconds, fraction, outcome(result));
    about_left("left", time.tv_sec, time.tv_nsec, seconds);
    struct pollfd ready = {.fd = filled_pipe[0], .events = in ? POLLIN : 0};
    time = (struct timespec){seconds, fraction};
    errno = 0;
    result = syscall(SYS_ppoll, &ready, 1, &time, NULL, 8);
    printf("ppoll %ld %ld: %s", seconds, fraction, outcome(result));
    about_left("left", time.tv_sec, time.tv_nsec, seconds);
}

static void selects(long seconds, long fraction, fd_set *in)
{
    struct timeval time = {seconds, fraction};
    errno = 0;
    long result = syscall(SYS_select, in ? 64 : 0, in, NULL, NULL, &time);
    printf("select %ld %ld: %s", seconds, fraction, outcome(result));
    about_left("left", time.tv_sec, time.tv_usec, seconds + fraction / 1000000);
}

static void times_left(void)
{
    static const long seconds[] = {0, 3, -1, LONG_MIN};
    static const long fractions[] = {0, 1, 2000, -1, 999999, 1000000, 2500000, 999999999, 1000000000, LONG_MIN};
    fd_set ready;
    for (size_t s = 0; s < COUNT(seconds); s++) {
        for (size_t f = 0; f < COUNT(fractions); f++) {
            left_depends = 1;
            FD_ZERO(&ready);
            FD_SET(filled_pipe[0], &ready);
            selects(seconds[s], fractions[f], &ready);
            FD_SET(filled_pipe[0], &ready);
            pselects(seconds[s], fractions[f], &ready);
            left_depends = 0;
            if (seconds[s] <= 0 && fractions[f] <= 2000) {
                selects(seconds[s], fractions[f], NULL);
                pselects(seconds[s], fractions[f], NULL);
            }
        }
    }
    struct timeval time = {0, 3000};
    int rounds = 0;
    while ((time.tv_sec > 0 || time.tv_usec > 0) && rounds++ < 100) {
        select(0, NULL, NULL, NULL, &time);
    }
    printf("a loop until no time is left ends after %d\n", rounds);
}

static void errors(void)
{
    fd_set set;
    struct timeval time = {3, 0};
    FD_ZERO(&set);
    SHOW(syscall(SYS_select, -1, NULL, NULL, NULL, &time));
    about_left("left", time.tv_sec, time.tv_usec, 3);
    time = (struct timeval){3, 0};
    FD_SET(60, &set);
    SHOW(syscall(SYS_select, 64, &set, NULL, NULL, &time));
    about_left("left", time.tv_sec, time.tv_usec, 3);
    SHOW(syscall(SYS_select, 60, &set, NULL, NULL, &(struct timeval){0}));
    time = (struct timeval){3, 0};
    SHOW(syscall(SYS_select, 64, 8, NULL, NULL, &time));
    about_left("left", time.tv_sec, time.tv_usec, 3);
    SHOW(syscall(SYS_select, 64, NULL, NULL, NULL, 8));
    SHOW(syscall(SYS_select, -1, 8, 8, 8, 8));
    struct timespec precise = {3, 0};
    SHOW(syscall(SYS_ppoll, 8, 1, &precise, NULL, 8));
    about_left("left", precise.tv_sec, precise.tv_nsec, 3);
    SHOW(syscall(SYS_ppoll, NULL, 0, &(struct timespec){0}, &(long){0}, 7));
    SHOW(syscall(SYS_ppoll, NULL, 0, 8, 8, 7));
    SHOW(syscall(SYS_ppoll, NULL, 0, &(struct timespec){0}, 8, 8));
    SHOW(syscall(SYS_ppoll, NULL, 0, &(struct timespec){0}, NULL, 7));
    SHOW(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &(struct timespec){0}, &(long[]){(long)&set, 7}));
    SHOW(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &(struct timespec){0}, &(long[]){0, 7}));
    SHOW(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &(struct timespec){0}, &(long[]){8, 8}));
    SHOW(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &(struct timespec){0}, 8));
    SHOW(syscall(SYS_poll, 8, 1, 0));
    SHOW(syscall(SYS_poll, 8, 0, 0));
    SHOW(syscall(SYS_poll, 8, 1 << 30, 0));
    /* A place that can only be read. */
    struct timespec *fixed = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *fixed = (struct timespec){0, 1000};
    mprotect(fixed, 4096, PROT_READ);
    SHOW(syscall(SYS_ppoll, NULL, 0, fixed, NULL, 8));
    SHOW(syscall(SYS_select, 0, NULL, NULL, NULL, fixed));
}

static volatile int handled;

static void count(int signal)
{
    (void)signal;
    handled++;
}

static void interrupted(void)
{
    sigset_t usr1, none;
    sigemptyset(&none);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    signal(SIGUSR1, count);
    sigprocmask(SIG_BLOCK, &usr1, NULL);
    for (int ready = 0; ready < 2; ready++) {
        for (int seconds = 0; seconds < 4; seconds += 3) {
            for (int masked = 0; masked < 2; masked++) {
                if (seconds && masked && !ready) {
                    continue; /* waits so long */
                }
                const sigset_t *mask = masked ? &usr1 : &none;
                handled = 0;
                raise(SIGUSR1);
                struct pollfd one = {.fd = ready ? filled_pipe[0] : empty_pipe[0], .events = POLLIN, .revents = 0x55};
                struct timespec time = {seconds, 0};
                errno = 0;
                long result = syscall(SYS_ppoll, &one, 1, &time, mask, 8);
                printf("ppoll %d %d %d: %s %x handled %d", ready, seconds, masked, outcome(result), one.revents, handled);
                about_left("left", time.tv_sec, time.tv_nsec, seconds);
                sigprocmask(SIG_SETMASK, &none, NULL);
                sigprocmask(SIG_BLOCK, &usr1, NULL);
                handled = 0;
                raise(SIGUSR1);
                fd_set set;
                FD_ZERO(&set);
                FD_SET(one.fd, &set);
                time = (struct timespec){seconds, 0};
                errno = 0;
                result = syscall(SYS_pselect6, one.fd + 1, &set, NULL, NULL, &time, &(long[]){(long)mask, 8});
                printf("pselect %d %d %d: %s %d handled %d", ready, seconds, masked, outcome(result),
                    !!FD_ISSET(one.fd, &set), handled);
                about_left("left", time.tv_sec, time.tv_nsec, seconds);
                sigprocmask(SIG_SETMASK, &none, NULL);
                sigprocmask(SIG_BLOCK, &usr1, NULL);
            }
        }
    }
}

static void run(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    descriptors();
    times_left();
    errors();
    interrupted();
}
