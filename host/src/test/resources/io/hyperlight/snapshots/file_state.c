/* For FileStateTest. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <hyperlight.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static char text[5000];
static size_t end;

static void append(const char *what, int size)
{
    end += snprintf(text + end, sizeof text - end, "%s%.*s", end ? "," : "", size, what);
}

static int ends[2];
static int file;
static int same;
static int host;
static int orphan;

HL_EXPORT(void, prepare)
void prepare(void)
{
    mkdir("/data/d", 0755);
    chdir("/data/d");
    umask(027);
    file = open("file", O_RDWR | O_CREAT, 0644);
    write(file, "0123456789", 10);
    lseek(file, 3, SEEK_SET);
    same = dup(file);
    orphan = open("orphan", O_RDWR | O_CREAT, 0644);
    write(orphan, "without a name", 14);
    unlink("orphan");
    host = open("/host/text", O_RDONLY);
    lseek(host, 5, SEEK_SET);
    pipe(ends);
    write(ends[1], "in the pipe", 11);
    prctl(PR_SET_NAME, "prepared");
}

/* All that there is to see, without a change to anything but offsets. */
HL_EXPORT(hl_string, observe)
hl_string observe(void)
{
    char bytes[100];
    end = 0;
    append(getcwd(bytes, sizeof bytes), 100);
    mode_t mask = umask(0);
    umask(mask);
    append(bytes, snprintf(bytes, sizeof bytes, "%o", mask));
    append(bytes, read(file, bytes, 2));
    append(bytes, read(same, bytes, 2));
    append(bytes, read(host, bytes, 4));
    append(bytes, pread(orphan, bytes, 50, 0));
    append(bytes, read(ends[0], bytes, 5));
    append(bytes, snprintf(bytes, sizeof bytes, "%d", fcntl(file, F_GETFD)));
    append(access("/data/d/file", F_OK) ? "gone" : "there", 10);
    append(access("/data/new", F_OK) ? "none" : "new", 10);
    prctl(PR_GET_NAME, bytes);
    append(bytes, 16);
    append(bytes, snprintf(bytes, sizeof bytes, "%d", fcntl(40, F_GETFD)));
    return hl_from_cstring(text);
}

HL_EXPORT(void, spoil)
void spoil(void)
{
    char bytes[100];
    chdir("/");
    umask(0);
    fcntl(file, F_SETFD, FD_CLOEXEC);
    fcntl(file, F_SETFL, O_APPEND);
    write(file, "spoilt", 6);
    pwrite(file, "SPOILT", 6, 0);
    dup2(0, same);
    rename("/data/d/file", "/data/new");
    rmdir("/data/d");
    ftruncate(orphan, 0);
    close(orphan);
    close(host);
    write(ends[1], "more", 4);
    read(ends[0], bytes, 7);
    dup2(ends[1], 40);
    close(ends[0]);
    for (int i = 0; i < 100; i++) {
        open("/host/text", O_RDONLY);
        open("/data/many", O_RDWR | O_CREAT, 0600);
    }
    prctl(PR_SET_NAME, "spoilt");
}

HL_EXPORT(int, open_more, int)
int open_more(int count)
{
    int opened = 0;
    for (int i = 0; i < count; i++) {
        opened += open("/host/text", O_RDONLY) >= 0;
    }
    return opened;
}

HL_EXPORT(hl_string, read_file, hl_string)
hl_string read_file(hl_string path)
{
    int found = open(path.data, O_RDONLY);
    ssize_t size = found < 0 ? -1 : read(found, text, sizeof text);
    int error = errno;
    close(found);
    if (size < 0) {
        size = snprintf(text, sizeof text, "error %d", error);
    }
    hl_string result = {text, size};
    return result;
}

HL_EXPORT(int, write_file, hl_string, hl_string)
int write_file(hl_string path, hl_string contents)
{
    int made = open(path.data, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    int result = made < 0 ? -1 : (int)write(made, contents.data, contents.size);
    int error = errno;
    close(made);
    return result < 0 ? -error : result;
}

HL_EXPORT(void, wait_for_ever, hl_string)
void wait_for_ever(hl_string how)
{
    int both[2];
    char bytes[4096];
    pipe(both);
    if (!strcmp(how.data, "read")) {
        read(both[0], bytes, 1);
    }
    while (!strcmp(how.data, "write")) {
        write(both[1], bytes, sizeof bytes);
    }
}

HL_EXPORT(void, break_pipe)
void break_pipe(void)
{
    int both[2];
    pipe(both);
    close(both[0]);
    write(both[1], "x", 1);
}

HL_EXPORT(int, run_mapped, hl_string, int)
int run_mapped(hl_string path, int protection)
{
    int code = open(path.data, O_RDONLY);
    void *mapped = mmap(NULL, 4096, protection, MAP_PRIVATE, code, 0);
    int error = errno;
    close(code);
    return mapped == MAP_FAILED ? -error : ((int (*)(void))mapped)();
}
