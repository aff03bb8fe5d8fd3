/* eventfd: every operation, every error, and what poll tells of it. */
#include <sys/epoll.h>
#include <sys/eventfd.h>

static void about(int file)
{
    struct pollfd one = {file, POLLIN | POLLOUT | POLLPRI | POLLRDNORM | POLLWRNORM | POLLRDHUP, -1};
    int result = poll(&one, 1, 0);
    tell("poll: %d %x\n", result, (unsigned short)one.revents);
}

static void add(int file, uint64_t value)
{
    R(write(file, &value, 8));
    about(file);
}

static void take(int file)
{
    uint64_t value = 77;
    R(read(file, &value, 8));
    tell("%llx\n", (unsigned long long)value);
    about(file);
}

static void information(int file)
{
    char path[64], contents[512] = "", target[64] = "";
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", file);
    int info = open(path, O_RDONLY);
    read(info, contents, sizeof contents - 1);
    close(info);
    for (char *line = strtok(contents, "\n"); line; line = strtok(NULL, "\n")) {
        if (strncmp(line, "mnt_id", 6) && strncmp(line, "ino", 3) && strncmp(line, "eventfd-id", 10)) {
            tell("%s\n", line);
        }
    }
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    readlink(path, target, sizeof target - 1);
    tell("is %s\n", target);
    R(open(path, O_RDWR));
    struct stat status;
    R(fstat(file, &status));
    tell("%o %ld %ld %d\n", status.st_mode, (long)status.st_size, (long)status.st_nlink, (int)status.st_blksize);
}

static void run(void)
{
    static const int flags[] = {0, EFD_NONBLOCK, EFD_CLOEXEC, EFD_SEMAPHORE, EFD_NONBLOCK | EFD_CLOEXEC | EFD_SEMAPHORE,
        2, 4, -1, O_APPEND, O_RDWR};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        int file = eventfd(i, flags[i]);
        R(file);
        R(fcntl(file, F_GETFL));
        R(fcntl(file, F_GETFD));
        close(file);
    }
    R(syscall(SYS_eventfd, 5));
    about(3);
    take(3);
    close(3);
    for (int semaphore = 0; semaphore < 2; semaphore++) {
        int file = eventfd(3, EFD_NONBLOCK | (semaphore ? EFD_SEMAPHORE : 0));
        for (int i = 0; i < 5; i++) {
            take(file);
        }
        add(file, 0);
        add(file, 1);
        add(file, -1);
        add(file, -2);
        add(file, -3);
        add(file, 1);
        add(file, 0);
        information(file);
        take(file);
        take(file);
        add(file, -2);
        add(file, 1);
        take(file);
        add(file, 0xffffffffull);
        char bytes[16] = {9};
        R(read(file, bytes, 7));
        R(read(file, bytes, 0));
        R(write(file, bytes, 7));
        R(write(file, bytes, 0));
        R(write(file, bytes, 16));
        R(read(file, bytes, 16));
        tell("%d\n", bytes[0]);
        R(read(file, (void *)8, 8));
        R(write(file, (void *)8, 8));
        R(pread(file, bytes, 8, 0));
        R(pwrite(file, bytes, 8, 0));
        R(lseek(file, 0, SEEK_SET));
        R(ftruncate(file, 0));
        R(fsync(file));
        R(fallocate(file, 0, 0, 1));
        R(isatty(file));
        int available = 5;
        R(ioctl(file, FIONREAD, &available));
        int on = 0;
        R(ioctl(file, FIONBIO, &on));
        R(fcntl(file, F_GETFL));
        on = 1;
        R(ioctl(file, FIONBIO, &on));
        R(fcntl(file, F_GETFL));
        R(fcntl(file, F_GETPIPE_SZ));
        R(flock(file, LOCK_EX));
        R(fchmod(file, 0700));
        R(fchdir(file));
        R(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, file, 0) == MAP_FAILED ? -1 : 0);
        R(fcntl(file, F_SETFL, O_APPEND));
        R(fcntl(file, F_GETFL));
        close(file);
    }
    /* A duplicate is the same counter. */
    int first = eventfd(0, EFD_NONBLOCK), second = dup(first);
    add(first, 4);
    close(first);
    take(second);
    fd_set in, out;
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_SET(second, &in);
    FD_SET(second, &out);
    struct timeval none = {0, 0};
    R(select(second + 1, &in, &out, NULL, &none));
    tell("%d %d\n", FD_ISSET(second, &in), FD_ISSET(second, &out));
    close(second);
}
