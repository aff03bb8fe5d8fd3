/* socketpair: every type, messages, ends, errors, options, descriptors in messages. */
#include <sys/socket.h>
#include <sys/un.h>

static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
static int s[2], signals;
static char buffer[70000];

static void on_pipe(int signal) { signals += signal == SIGPIPE; }

static void about(int file)
{
    struct pollfd one = {file, POLLIN | POLLOUT | POLLPRI | POLLRDNORM | POLLWRNORM | POLLWRBAND | POLLRDHUP, -1};
    int result = poll(&one, 1, 0), bytes = -1;
    ioctl(file, FIONREAD, &bytes);
    tell("poll: %d %x, %d bytes, %d signals\n", result, (unsigned short)one.revents, bytes, signals);
}

static void get(int file, size_t size, int flags)
{
    struct iovec part = {buffer, size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    memset(buffer, 0, size + 1);
    errno = 0;
    long result = recvmsg(file, &message, flags | MSG_DONTWAIT);
    tell("get %zu %x: %ld %s flags %x\n", size, flags, result < 0 ? -(long)errno : result, buffer, message.msg_flags);
}

static void pair(int type)
{
    R(socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, s));
}

static void finish(void) { R(syscall(SYS_close_range, 3, 100, 0)); }

static void creation(void)
{
    static const int kinds[] = {0, 1, 2, 3, 4, 5, 6, 15, 1 | SOCK_CLOEXEC, 1 | 0x10, -1};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        for (int protocol = 0; protocol < 3; protocol++) {
            R(socketpair(AF_UNIX, kinds[i], protocol, s));
        }
        finish();
    }
    R(socketpair(AF_UNIX, SOCK_STREAM, 0, (void *)8));
    pair(SOCK_STREAM | SOCK_CLOEXEC);
    R(fcntl(3, F_GETFL));
    R(fcntl(3, F_GETFD));
    struct stat status;
    R(fstat(3, &status));
    tell("%o %ld %ld\n", status.st_mode, (long)status.st_size, (long)status.st_nlink);
    char target[64] = "";
    R(readlink("/proc/self/fd/3", target, 8) == 8);
    tell("%s\n", target);
    R(open("/proc/self/fd/3", O_RDWR));
    R(lseek(3, 0, SEEK_SET));
    R(pread(3, buffer, 1, 0));
    R(pwrite(3, buffer, 1, 0));
    R(ftruncate(3, 0));
    R(fsync(3));
    R(fallocate(3, 0, 0, 1));
    R(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3, 0) == MAP_FAILED ? -errno : 0);
    R(fcntl(3, F_GETPIPE_SZ));
    R(isatty(3));
    finish();
}

static void messages(int type)
{
    pair(type);
    about(3);
    get(3, 10, 0);
    R(write(3, "hello", 5));
    R(write(3, " world", 6));
    about(4);
    get(4, 3, MSG_PEEK);
    get(4, 100, MSG_PEEK);
    get(4, 3, 0);
    get(4, 1, MSG_TRUNC);
    get(4, 100, MSG_TRUNC);
    get(4, 100, 0);
    R(send(4, "", 0, 0));
    R(write(4, "", 0));
    about(3);
    R(read(3, buffer, 0));
    get(3, 10, 0);
    get(3, 10, 0);
    get(3, 10, 0);
    struct iovec parts[3] = {{"ab", 2}, {NULL, 0}, {"cdef", 4}};
    R(writev(3, parts, 3));
    char one[3] = "", two[10] = "";
    struct iovec into[2] = {{one, 2}, {two, 9}};
    R(readv(4, into, 2));
    tell("%s %s\n", one, two);
    R(send(3, (void *)8, 5, 0));
    R(write(3, "x", 1));
    R(recv(4, (void *)8, 5, MSG_PEEK));
    get(4, 5, 0);
    R(recv(4, buffer, 5, MSG_WAITALL));
    R(send(77, "x", 1, 0));
    R(send(0, "x", 1, 0));
    R(recv(77, buffer, 1, 0));
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "/none"};
    if (type != SOCK_DGRAM) {
        R(sendto(3, "x", 1, 0, (void *)&name, sizeof name));
    }
    R(sendto(3, "x", 1, 0, (void *)&name, 0));
    R(sendto(3, "x", 1, 0, (void *)8, 10));
    R(sendto(3, "x", 1, 0, (void *)&name, 1000));
    socklen_t length = sizeof name;
    memset(&name, 0, sizeof name);
    R(recvfrom(4, buffer, 10, 0, (void *)&name, &length));
    tell("%u\n", length);
    length = sizeof name;
    R(getsockname(3, (void *)&name, &length));
    tell("%u %d\n", length, name.sun_family);
    length = 1;
    R(getpeername(3, (void *)&name, &length));
    tell("%u\n", length);
    length = -1;
    R(getsockname(3, (void *)&name, &length));
    R(getsockname(3, (void *)&name, (void *)8));
    R(getsockname(77, (void *)&name, &length));
    R(listen(3, 1));
    R(accept(3, NULL, NULL));
    finish();
    if (type != SOCK_STREAM) {
        pair(type);
        R(write(3, buffer, 70000));
        static char much[300000];
        R(write(3, much, 300000));
        R(read(4, buffer, 60000));
        R(read(4, buffer, 60000));
        finish();
    }
}

static void ends(int type)
{
    for (int unread = 0; unread < 2; unread++) {
        signals = 0;
        pair(type);
        R(write(3, "left", 4));
        if (unread) {
            R(write(4, "lost", 4));
        }
        R(close(3));
        about(4);
        R(write(4, "x", 1));
        about(4);
        R(send(4, "x", 1, MSG_NOSIGNAL));
        get(4, 10, 0);
        get(4, 10, 0);
        get(4, 10, 0);
        R(write(4, "x", 1));
        about(4);
        socklen_t length = 100;
        R(getpeername(4, (void *)buffer, &length));
        R(shutdown(4, SHUT_WR));
        finish();
    }
    for (int how = -1; how < 4; how++) {
        signals = 0;
        pair(type);
        R(write(3, "before", 6));
        R(write(4, "back", 4));
        R(shutdown(3, how));
        about(3);
        about(4);
        R(write(3, "x", 1));
        R(write(4, "y", 1));
        R(send(3, "x", 1, MSG_NOSIGNAL));
        for (int i = 0; i < 3; i++) {
            get(3, 10, 0);
            get(4, 10, 0);
        }
        about(3);
        about(4);
        R(shutdown(4, SHUT_RDWR));
        about(3);
        about(4);
        finish();
    }
}

static void option(int name, int size)
{
    long value[2] = {77, 0};
    socklen_t length = size;
    R(getsockopt(3, SOL_SOCKET, name, value, &length));
    tell("option %d: %u %ld %ld\n", name, length, value[0], value[1]);
}

static void options(int type)
{
    pair(type);
    static const int names[] = {SO_TYPE, SO_ERROR, SO_SNDBUF, SO_RCVBUF, SO_DOMAIN, SO_PROTOCOL, SO_ACCEPTCONN, SO_RCVTIMEO,
        SO_SNDTIMEO, SO_PASSCRED, SO_RCVLOWAT, SO_REUSEADDR, SO_KEEPALIVE, SO_BROADCAST, 1000};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        option(names[i], 4);
        option(names[i], 16);
        option(names[i], 1);
    }
    static const int sizes[] = {0, 1, 4096, 65536, 100000, 212992};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        R(setsockopt(3, SOL_SOCKET, SO_SNDBUF, sizes + i, 4));
        R(setsockopt(3, SOL_SOCKET, SO_RCVBUF, sizes + i, 4));
        option(SO_SNDBUF, 4);
        option(SO_RCVBUF, 4);
    }
    R(setsockopt(3, SOL_SOCKET, SO_TYPE, sizes, 4));
    R(setsockopt(3, SOL_SOCKET, 1000, sizes, 4));
    R(setsockopt(3, 77, 1, sizes, 4));
    R(getsockopt(3, 77, 1, buffer, &(socklen_t){4}));
    R(setsockopt(3, SOL_SOCKET, SO_SNDBUF, sizes, 3));
    R(setsockopt(3, SOL_SOCKET, SO_SNDBUF, sizes, -1));
    R(setsockopt(3, SOL_SOCKET, SO_SNDBUF, (void *)8, 4));
    R(setsockopt(0, SOL_SOCKET, SO_SNDBUF, sizes, 4));
    struct timeval times[] = {{0, 1000}, {0, 1000000}, {0, -1}, {1, 500000}};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        R(setsockopt(3, SOL_SOCKET, SO_RCVTIMEO, times + i, sizeof *times));
    }
    option(SO_RCVTIMEO, 16);
    R(setsockopt(3, SOL_SOCKET, SO_RCVTIMEO, times, sizeof *times));
    R(setsockopt(3, SOL_SOCKET, SO_RCVTIMEO, times, 8));
    int off = 0;
    R(ioctl(3, FIONBIO, &off));
    R(read(3, buffer, 1));
    R(recv(3, buffer, 10, MSG_WAITALL));
    R(write(4, "abc", 3));
    R(recv(3, buffer, 10, MSG_WAITALL));
    finish();
}

static long pass(int to, const int *files, int count, int size, int type)
{
    char control[CMSG_SPACE(300 * 4)] = {0};
    struct iovec part = {"f", 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_SPACE(count * 4)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){.cmsg_len = size, .cmsg_level = SOL_SOCKET, .cmsg_type = type};
    memcpy(CMSG_DATA(header), files, count * 4);
    return sendmsg(to, &message, 0);
}

static void take(int from, int room, int flags)
{
    char control[300] = {0}, byte[8] = "";
    struct iovec part = {byte, 7};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = room};
    errno = 0;
    long result = recvmsg(from, &message, flags | MSG_DONTWAIT);
    tell("took %ld %s flags %x control %zu:", result < 0 ? -(long)errno : result, byte, message.msg_flags, message.msg_controllen);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (result > 0 && header) {
        tell(" len %zu level %d type %d", header->cmsg_len, header->cmsg_level, header->cmsg_type);
        for (size_t i = 0; i < (header->cmsg_len - 16) / 4; i++) {
            int file = ((int *)CMSG_DATA(header))[i];
            tell(" %d(%d)", file, fcntl(file, F_GETFD));
        }
    }
    tell("\n");
}

static void rights(int type)
{
    pair(type);
    int ends_of[2];
    pipe(ends_of);
    R(pass(3, ends_of, 2, CMSG_LEN(8), SCM_RIGHTS));
    take(4, 100, 0);
    R(write(8, "through", 7));
    R(read(5, buffer, 10));
    R(pass(3, ends_of, 1, CMSG_LEN(4), SCM_RIGHTS));
    R(pass(3, ends_of, 2, CMSG_LEN(8), SCM_RIGHTS));
    R(write(3, "plain", 5));
    take(4, 100, MSG_CMSG_CLOEXEC);
    take(4, 100, MSG_PEEK);
    for (int room = 0; room < 30; room += 4) {
        R(pass(3, ends_of, 2, CMSG_LEN(8), SCM_RIGHTS));
        take(4, room, 0);
    }
    while (recv(4, buffer, 1, MSG_DONTWAIT) > 0) {}
    R(syscall(SYS_close_range, 7, 100, 0));
    static const int wrong[] = {0, 15, 16, 17, 19, 20, 21, 23, 25, 32, 40, -1};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        R(pass(3, ends_of, 2, wrong[i], SCM_RIGHTS));
        take(4, 100, 0);
    }
    int many[260];
    for (int i = 0; i < 260; i++) {
        many[i] = 3;
    }
    R(pass(3, many, 254, CMSG_LEN(254 * 4), SCM_RIGHTS));
    R(pass(3, (int[]){77}, 1, CMSG_LEN(4), SCM_RIGHTS));
    R(pass(3, (int[]){-1}, 1, CMSG_LEN(4), SCM_RIGHTS));
    R(pass(3, ends_of, 2, CMSG_LEN(8), 3));
    R(syscall(SYS_close_range, 7, 100, 0));
    while (recv(4, buffer, 1, MSG_DONTWAIT) > 0) {}
    /* The only writer is in a message, which is then dropped. */
    R(pass(3, ends_of + 1, 1, CMSG_LEN(4), SCM_RIGHTS));
    close(ends_of[1]);
    about(ends_of[0]);
    R(recv(4, buffer, 1, 0));
    about(ends_of[0]);
    finish();
    /* A socket that only itself could receive. */
    pipe(ends_of);
    int cycle[2];
    socketpair(AF_UNIX, type, 0, cycle);
    R(pass(cycle[0], (int[]){cycle[1], ends_of[1]}, 2, CMSG_LEN(8), SCM_RIGHTS));
    close(ends_of[1]);
    close(cycle[1]);
    close(cycle[0]);
    finish();
}

static void run(void)
{
    signal(SIGPIPE, on_pipe);
    creation();
    for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
        tell("type %d\n", types[t]);
        messages(types[t]);
        ends(types[t]);
        options(types[t]);
        rights(types[t]);
    }
}
