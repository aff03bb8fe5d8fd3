/* For StandardStreamsTest. */

#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <hyperlight.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static char text[1000];

static void answer(const char *what, long result)
{
    int error = errno;
    size_t length = strlen(text);
    snprintf(text + length, sizeof text - length, "%s %s %ld", length ? "," : "", what, result < 0 ? -error : result);
}

static hl_string answers(void)
{
    return hl_from_cstring(text + 1);
}

HL_EXPORT(void, print_both)
void print_both(void)
{
    printf("out ");
    fflush(stdout);
    fprintf(stderr, "err ");
    struct iovec parts[] = {{"ga", 2}, {NULL, 0}, {"thered", 6}};
    writev(1, parts, 3);
    dup2(2, 1);
    write(1, "moved", 5);
}

HL_EXPORT(hl_string, descriptors)
hl_string descriptors(void)
{
    text[0] = 0;
    char buffer[10];
    struct stat status;
    answer("read", read(0, buffer, sizeof buffer));
    answer("read of output", read(1, buffer, sizeof buffer));
    answer("write to input", write(0, "", 1));
    answer("write to none", write(3, "", 1));
    answer("write from nowhere", write(1, (void *)1, 1));
    answer("write of nothing", write(1, buffer, 0));
    answer("fstat", fstat(1, &status));
    answer("is a pipe", S_ISFIFO(status.st_mode));
    answer("fstat of none", fstat(7, &status));
    answer("lseek", lseek(1, 0, SEEK_CUR));
    answer("isatty", isatty(1) - 1);
    answer("dup", dup(1));
    answer("dup2 above", dup2(1, 3));
    answer("dup2 to itself", dup2(1, 1));
    answer("dup2 of none", dup2(5, 1));
    answer("dup3 to itself", dup3(1, 1, 0));
    answer("flags", fcntl(1, F_GETFL));
    answer("flags of input", fcntl(0, F_GETFL));
    answer("F_DUPFD", fcntl(1, F_DUPFD, 1));
    answer("fcntl 99", fcntl(1, 99, 0));
    answer("close", close(0));
    answer("close again", close(0));
    answer("read of closed", read(0, buffer, 1));
    answer("dup", dup(2));
    answer("write", write(0, "x", 1));
    answer("close", close(-1));
    return answers();
}

HL_EXPORT(hl_string, vectors)
hl_string vectors(void)
{
    text[0] = 0;
    struct iovec parts[] = {{"a", 1}, {(void *)1, 5}, {"b", 1}};
    answer("short", writev(1, parts, 3));
    answer("bad first", writev(1, parts + 1, 2));
    answer("bad table", writev(1, (void *)8, 1));
    answer("too many", writev(1, parts, 1025));
    answer("negative", writev(1, parts, -1));
    parts[0].iov_len = (size_t)-1;
    answer("negative size", writev(1, parts, 1));
    return answers();
}

HL_EXPORT(hl_string, polls)
hl_string polls(void)
{
    text[0] = 0;
    struct pollfd all[] = {{1, POLLOUT, 0}, {9, POLLOUT, 0}, {-1, POLLIN, 7}};
    answer("ready", poll(all, 3, -1));
    answer("output", all[0].revents == POLLOUT);
    answer("none", all[1].revents == POLLNVAL);
    answer("skipped", all[2].revents);
    struct pollfd end = {0, POLLIN, 0};
    answer("end of input", poll(&end, 1, -1) == 1 && (end.revents & POLLHUP));
    struct pollfd never = {1, POLLIN, 0};
    answer("at once", poll(&never, 1, 0));
    answer("soon", poll(&never, 1, 1));
    answer("bad", poll((void *)8, 1, 0));
    answer("too many", poll(all, 257, 0));
    return answers();
}

HL_EXPORT(void, end, hl_string, int)
void end(hl_string how, int status)
{
    fprintf(stderr, "last words\n");
    if (!strcmp(how.data, "exit")) {
        exit(status);
    } else if (!strcmp(how.data, "_exit")) {
        _exit(status);
    } else if (!strcmp(how.data, "abort")) {
        abort();
    } else if (!strcmp(how.data, "assert")) {
        assert(status == 4711);
    }
}

HL_EXPORT(void, print_and_abort_later, bool)
void print_and_abort_later(bool abort_now)
{
    if (abort_now) {
        abort();
    }
    fprintf(stderr, "of another call\n");
}

static void *nothing(void *argument)
{
    return argument;
}

HL_EXPORT(int, need, hl_string)
int need(hl_string what)
{
    pthread_t thread;
    if (!strcmp(what.data, "thread")) {
        return pthread_create(&thread, NULL, nothing, NULL);
    } else if (!strcmp(what.data, "fork")) {
        return fork() == -1 ? errno : 0;
    } else if (!strcmp(what.data, "socket")) {
        return socket(AF_INET, SOCK_STREAM, 0) == -1 ? errno : 0;
    }
    return 0;
}

HL_EXPORT(void, need_and_abort, hl_string)
void need_and_abort(hl_string what)
{
    if (need(what) != 0) {
        abort();
    }
}

HL_EXPORT(void, hang, hl_string)
void hang(hl_string how)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static int word;
    struct pollfd never = {1, POLLIN, 0};
    if (!strcmp(how.data, "futex")) {
        syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0);
    } else if (!strcmp(how.data, "mutex")) {
        pthread_mutex_lock(&mutex);
        pthread_mutex_lock(&mutex);
    } else if (!strcmp(how.data, "pause")) {
        pause();
    } else if (!strcmp(how.data, "poll")) {
        poll(&never, 1, -1);
    }
}

HL_EXPORT(int, futexes)
int futexes(void)
{
    static int word;
    struct timespec soon = {.tv_nsec = 1000};
    text[0] = 0;
    return syscall(SYS_futex, &word, FUTEX_WAIT, 1, NULL, NULL, 0) == -1 && errno == EAGAIN
        && syscall(SYS_futex, &word, FUTEX_WAIT, 0, &soon, NULL, 0) == -1 && errno == ETIMEDOUT
        && syscall(SYS_futex, &word, FUTEX_WAKE, 1, NULL, NULL, 0) == 0
        && syscall(SYS_futex, (char *)&word + 1, FUTEX_WAIT, 0, NULL, NULL, 0) == -1 && errno == EINVAL
        && syscall(SYS_futex, 8l, FUTEX_WAIT, 0, NULL, NULL, 0) == -1 && errno == EFAULT;
}

HL_EXPORT(int64_t, numbered, int64_t)
int64_t numbered(int64_t number)
{
    return syscall(number, 1l, 2l, 3l) == -1 ? -errno : 0;
}
