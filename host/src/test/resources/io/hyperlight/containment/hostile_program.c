/* For HostileProgram. */

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE 4096ul
#define COUNT(array) (sizeof(array) / sizeof *(array))
#define NOWHERE ((void *)0x700000000ul)
#define SUPERVISOR ((void *)0xffff800000001000ul)

static char told[600];

static void tell(int line, const char *what, long result)
{
    snprintf(told, sizeof told, "line %d: %s gave %ld, error %d (%s)", line, what, result, errno, strerror(errno));
}

/* This has to be so, or the attack ends here. */
#define MUST(condition)                         \
    do {                                        \
        errno = 0;                              \
        if (!(condition)) {                     \
            tell(__LINE__, #condition, 0);      \
            return;                             \
        }                                       \
    } while (0)

/* This call has to fail with this error. */
#define FAILS(error, call)                                          \
    do {                                                            \
        errno = 0;                                                  \
        long result_ = (long)(call);                                \
        if (result_ != -1 || errno != (error)) {                    \
            tell(__LINE__, #call " instead of " #error, result_);   \
            return;                                                 \
        }                                                           \
    } while (0)

/* This call has to fail, with the error that suits it. */
#define REFUSED(call)                                   \
    do {                                                \
        errno = 0;                                      \
        long result_ = (long)(call);                    \
        if (result_ != -1 || errno == 0) {              \
            tell(__LINE__, #call, result_);             \
            return;                                     \
        }                                               \
    } while (0)

/* Whatever this gives is all right, if it is a result at all. */
#define HARMLESS(call)                                              \
    do {                                                            \
        errno = 0;                                                  \
        long result_ = (long)(call);                                \
        if (result_ < -1 || (result_ == -1 && errno == 0)) {        \
            tell(__LINE__, #call, result_);                         \
            return;                                                 \
        }                                                           \
    } while (0)

static char buffer[1 << 16];

static int make(const char *path, const char *contents)
{
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
    if (file >= 0 && write(file, contents, strlen(contents)) != (ssize_t)strlen(contents)) {
        close(file);
        return -1;
    }
    return file;
}

static int count_open(void)
{
    int count = 0;
    for (int i = 0; i < 2000; i++) {
        count += fcntl(i, F_GETFD) >= 0;
    }
    return count;
}

/* One descriptor of each kind, none of which blocks; their number. */
static int one_of_each(int *kinds)
{
    int ends[2];
    int count = 0;
    kinds[count++] = make("/data/some", "some bytes");
    kinds[count++] = open("/data/some", O_WRONLY | O_APPEND);
    kinds[count++] = open("/host/text", O_RDONLY);
    kinds[count++] = open("/host/text", O_PATH);
    kinds[count++] = open("/data", O_RDONLY | O_DIRECTORY);
    kinds[count++] = open("/host", O_RDONLY | O_DIRECTORY);
    kinds[count++] = open("/dev/null", O_RDWR);
    kinds[count++] = open("/dev/zero", O_RDWR);
    kinds[count++] = open("/dev/full", O_RDWR);
    kinds[count++] = open("/dev/urandom", O_RDONLY);
    kinds[count++] = open("/proc/self/maps", O_RDONLY);
    kinds[count++] = open("/proc/self/exe", O_RDONLY);
    kinds[count++] = 0;
    pipe2(ends, O_NONBLOCK);
    kinds[count++] = ends[0];
    kinds[count++] = ends[1];
    return count;
}
enum { KINDS = 15 };

