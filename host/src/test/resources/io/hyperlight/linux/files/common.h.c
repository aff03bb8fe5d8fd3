/* For FileCallsTest. */

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>
#include <utime.h>

static char told[500000];
static size_t end;

static void tell(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    end += vsnprintf(told + end, sizeof told - end, format, arguments);
    va_end(arguments);
}

#define R(call)                                                                     \
    do {                                                                            \
        errno = 0;                                                                  \
        long result_ = (long)(call);                                                \
        tell("%d %s: %ld\n", __LINE__, #call, result_ == -1 ? -(long)errno : result_); \
    } while (0)

static char text[4096];

static void make(const char *path, const char *contents)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (file < 0 || write(file, contents, strlen(contents)) != (ssize_t)strlen(contents)) {
        tell("cannot make %s: %d\n", path, errno);
    }
    close(file);
}

static void show(const char *path)
{
    char contents[300] = {0};
    int file = open(path, O_RDONLY);
    ssize_t size = file < 0 ? -errno : read(file, contents, sizeof contents - 1);
    tell("%s has %zd:", path, size);
    for (ssize_t i = 0; i < size; i++) {
        tell(contents[i] >= ' ' ? "%c" : "\\%d", contents[i]);
    }
    tell("\n");
    close(file);
}

static void look(const char *path)
{
    struct stat status;
    if (lstat(path, &status) != 0) {
        tell("%s: error %d\n", path, errno);
    } else if (S_ISDIR(status.st_mode)) {
        tell("%s: %o directory\n", path, status.st_mode);
    } else {
        tell("%s: %o, %ld links, %ld bytes\n", path, status.st_mode, (long)status.st_nlink, (long)status.st_size);
    }
}

static int compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void list(const char *path)
{
    DIR *directory = opendir(path);
    if (!directory) {
        tell("%s cannot be listed: %d\n", path, errno);
        return;
    }
    char *names[200];
    int count = 0;
    for (struct dirent *entry; count < 200 && (entry = readdir(directory)); ) {
        size_t size = strlen(entry->d_name) + 5;
        names[count] = malloc(size);
        snprintf(names[count++], size, "%s/%d", entry->d_name, entry->d_type);
    }
    closedir(directory);
    qsort(names, count, sizeof *names, compare);
    tell("%s lists", path);
    for (int i = 0; i < count; i++) {
        tell(" %s", names[i]);
        free(names[i]);
    }
    tell("\n");
}

